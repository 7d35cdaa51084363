// Polls the replica, and passes what people want on to it.

const poll = { every: 2000, timer: 0, failures: 0, offset: 0 };
const page = { operate: 'never', detailsOf: '' };

const token = () => sessionStorage.getItem('token') || '';
async function request(path, method) {
  const headers = token() ? { Authorization: 'Bearer ' + token() } : {};
  const stop = AbortSignal.timeout(15000);
  const answer = await fetch(path, { method: method || 'GET', headers, signal: stop,
                                     cache: 'no-store' });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || answer.statusText);
  return body;
}
const ask = (what, tenant, job, method) => request('api/' + what + '?' +
  new URLSearchParams({ tenant, job: job[NAME], member: job[MEMBER] }), method);

function showConnection(live, why) {
  document.body.classList.toggle('live', live);
  document.body.classList.toggle('old', !live);
  setText(at('feed-text'), live ? 'live' : 'not connected');
  at('lost').hidden = live;
  setText(at('lost-why'), why || '');
}
function showTrouble(status) {
  const lines = [];
  if (status.error) lines.push('Consul: ' + status.error);
  for (const tenant of status.tenants) {
    if (tenant.differing.length) lines.push('Another jobs file under ' + tenant.election +
      ' at: ' + tenant.differing.join(', '));
  }
  at('trouble').hidden = !lines.length;
  setText(at('trouble-what'), lines.join(' \u00b7 '));
}
function showTimes() {
  const now = Date.now() + poll.offset;
  for (const { job, next, row } of rows.values()) {
    if (!row.hidden) setText(next, nextText(job, now));
  }
}

async function update() {
  clearTimeout(poll.timer);
  try {
    const status = await request('api/jobs');
    poll.offset = status.now_ms - Date.now();
    setText(at('host'), status.host);
    takeOver(status.tenants);
    filterRows();
    showTimes();
    showTrouble(status);
    showConnection(true);
    poll.failures = 0;
    // Again soon: the first read has only begun.
    poll.timer = setTimeout(update, status.read_ms === null && !status.error ? 200 : poll.every);
    const entry = rows.get(open);
    if (entry && page.detailsOf !== entry.text) {
      page.detailsOf = entry.text;
      drawDetails();
    }
  } catch (error) {
    if (++poll.failures > 1) showConnection(false, error.message);
    poll.timer = setTimeout(update, poll.every);
  }
}

async function showAccess() {
  try {
    page.operate = (await request('api/access')).operate;
  } catch (error) {
    return;
  }
  at('token-label').hidden = page.operate === 'never';
  document.body.classList.toggle('operate', page.operate === 'yes');
}

async function act(entry, action) {
  try {
    await ask(action, entry.tenant, entry.job, 'POST');
  } catch (error) {
    at('trouble').hidden = false;
    setText(at('trouble-what'), words(action) + ' ' + entry.job[NAME] + ': ' + error.message);
    return;
  }
  setTimeout(update, 300);
}

at('rows').addEventListener('click', (event) => {
  const row = event.target.closest('tr'), action = event.target.dataset.action;
  const entry = row && rows.get(row.dataset.key);
  if (!entry) return;
  if (action) act(entry, action);
  else if (event.target.closest('.name')) showDetails(entry.key);
});
at('filter').addEventListener('input', filterRows);
at('show').addEventListener('change', filterRows);
at('token').addEventListener('change', () => {
  sessionStorage.setItem('token', at('token').value);
  showAccess();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && open !== null) showDetails(null);
});
setInterval(showTimes, 1000);
showAccess();
update();
