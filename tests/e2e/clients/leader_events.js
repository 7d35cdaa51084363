// An application that is told who leads, by the npm package eventsource.
const EventSource = require('eventsource');

const events = new EventSource(process.env.ELECTOR_SSE_URL);
events.onmessage = (message) => console.log(message.data);
events.onerror = (error) => console.error('error', error.status || '', error.message || '');
