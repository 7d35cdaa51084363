// The connection to the sidecar: server-sent events, read by fetch. EventSource gives up for good
// after an answer such as 502, and does not say what it was.

const PAGE_ID = '__PAGE_ID__';
const QUIET_MS = 4000;    // the sidecar sends an event each second: after this the page is old
const DEAD_MS = 12000;    // after this much silence the connection is made anew
const SHORTEST_RETRY_MS = 500, LONGEST_RETRY_MS = 15000;
const STEADY_MS = 5000;   // a connection that lasted this long ends the backing off

const feed = {
  stamp: null,        // the newest clocks of the sidecar, and ours when they arrived
  offset: Infinity,   // performance.now() less the sidecar's up_ms: the smallest seen
  open: false,        // a hello has arrived on this connection
  why: '',            // why there is no connection
  failures: 0,
  retryAt: 0,
  heardAt: { up: 0, date: 0 },  // by both clocks: one stands still while the computer sleeps
  control: null,
  timer: 0,
};
const handlers = {};  // by the name of the event

// How old the newest event is. Events that a proxy held back are as old as they are; so is all
// that was received before the computer slept, when only the wall clock went on.
function age() {
  if (!feed.stamp) return Infinity;
  return Math.max(performance.now() - feed.offset - feed.stamp.up, Date.now() - feed.stamp.date);
}
// The page shows the present, and not the past.
const isFresh = () => feed.open && age() < QUIET_MS;
// The sidecar's time of day; it stands still while the page is old.
const now = () => {
  if (!feed.stamp) return Date.now();
  return feed.stamp.now + (page.live ? Math.max(0, age()) : 0);
};
// The sidecar's monotonic clock, as far as it is known here.
const upNow = () => performance.now() - feed.offset;

function takeClocks(data) {
  feed.offset = Math.min(feed.offset, performance.now() - data.up_ms);
  feed.stamp = { now: data.now_ms, up: data.up_ms, date: Date.now() };
}

function heard() { feed.heardAt = { up: performance.now(), date: Date.now() }; }

async function refusal(response) {
  const text = await response.text();
  try {
    return 'HTTP ' + response.status + ': ' + JSON.parse(text).error;
  } catch (error) {  // a proxy, and not the sidecar
    return 'HTTP ' + response.status + ' ' + response.statusText;
  }
}

function dispatch(block) {
  let name = 'message', data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith('event:')) name = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
  }
  if (data.length && handlers[name]) handlers[name](JSON.parse(data.join('\n')));
}

async function read(control) {
  const response = await fetch('ui/events', { signal: control.signal, cache: 'no-store',
                                              headers: { Accept: 'text/event-stream' } });
  if (!response.ok) throw new Error(await refusal(response));
  if (!/^text\/event-stream/.test(response.headers.get('content-type') || ''))
    throw new Error('something else answers at its address');
  const reader = response.body.getReader(), decoder = new TextDecoder();
  for (let rest = '';;) {
    const { done, value } = await reader.read();
    if (done) throw new Error('it ended the connection');
    if (control !== feed.control) return;
    heard();
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) dispatch(block);
    page.refresh();
  }
}

async function connect() {
  clearTimeout(feed.timer);
  if (feed.control) feed.control.abort();
  const control = feed.control = new AbortController(), begin = performance.now();
  feed.open = false;
  feed.retryAt = 0;
  heard();
  try {
    await read(control);
  } catch (error) {
    if (control !== feed.control) return;  // given up for a newer one
    feed.why = control.signal.aborted ? 'it does not answer'
      : error instanceof TypeError ? 'no connection'
      : error instanceof SyntaxError ? 'what it sends makes no sense' : error.message;
  }
  if (control !== feed.control) return;
  control.abort();
  if (feed.open && performance.now() - begin > STEADY_MS) feed.failures = 0;
  feed.open = false;
  const longest = Math.min(LONGEST_RETRY_MS, SHORTEST_RETRY_MS * 2 ** feed.failures++);
  const pause = longest * (.5 + Math.random() / 2);  // many pages do not come back at once
  feed.retryAt = Date.now() + pause;
  feed.timer = setTimeout(connect, pause);
  page.refresh();
}

// Called each second.
function watchFeed() {
  const { up, date } = feed.heardAt;
  const silence = Math.max(performance.now() - up, Date.now() - date);
  if (!feed.retryAt && silence > DEAD_MS) feed.control.abort();
}
function retryNow() {
  if (!feed.retryAt) return;
  feed.failures = 0;
  connect();
}
