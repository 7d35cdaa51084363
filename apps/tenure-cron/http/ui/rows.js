// The jobs as the replica sends them, and the rows that show them.

const [NAME, SCHEDULE, ZONE, STATE, NEXT, HOST, PAUSED_BY, LAST, OUTCOME, TOOK, STRIP, MEMBER] =
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const LETTERS = { o: 'ok', f: 'failed', x: 'stopped', n: 'not started', s: 'skipped',
                  u: 'unknown' };
const FAILED = ['failed', 'stopped', 'not_started', 'unknown'];

const rows = new Map();  // by tenant and name: { job, tenant, text, row }
const keyOf = (tenant, job) => [tenant, job[NAME], job[MEMBER]].join('/');
const words = (name) => name.replaceAll('_', ' ');
const failedLast = (job) => FAILED.includes(job[OUTCOME]);

function took(ms) {
  if (ms < 1000) return ms + ' ms';
  return ms < 60000 ? (ms / 1000).toFixed(1) + ' s' : span(ms);
}
function cell(label, ...content) {
  const td = el('td');
  if (label) td.dataset.label = label;
  td.append(...content);
  return td;
}
// A time that has passed while the job has not run yet is due.
function nextText(job, now) {
  if (job[STATE] === 'paused') return 'paused';
  if (job[NEXT] === null) return '\u2013';
  const ms = job[NEXT] * 1000;
  return ms > now ? 'in ' + span(ms - now) : 'due';
}
function stripOf(job) {
  const strip = el('div', 'strip');
  strip.setAttribute('role', 'img');
  const last = LETTERS[job[STRIP].slice(-1)];
  strip.setAttribute('aria-label', last ? 'recent runs, the last: ' + last : 'no runs yet');
  for (const letter of job[STRIP]) {
    const bar = el('i', letter);
    bar.title = LETTERS[letter];
    strip.append(bar);
  }
  return strip;
}
function button(text, job, action) {
  const made = el('button', '', text);
  made.type = 'button';
  made.dataset.action = action;
  made.setAttribute('aria-label', text + ' ' + job[NAME]);
  return made;
}

function build(entry) {
  const { job, tenant, row } = entry;
  const name = valueElement('button', 'name', readable(job[NAME]));
  name.type = 'button';
  const first = cell('', name);
  const note = (tenant ? tenant + ' \u00b7 ' : '') + job[SCHEDULE];
  first.append(valueElement('span', 'note', readable(note)));
  const tag = el('span', 'tag ' + job[STATE], job[STATE]);
  const state = cell('', tag);
  if (job[PAUSED_BY]) state.append(valueElement('span', 'note', 'by ' + readable(job[PAUSED_BY])));
  const next = cell('Next', el('span', 'next'));
  if (job[NEXT] !== null) next.append(el('span', 'note', moment(job[NEXT] * 1000)));
  const last = cell('Last');
  if (job[LAST] === null) {
    last.append('\u2013');
  } else {
    last.append(el('span', job[OUTCOME], words(job[OUTCOME])),
                el('span', 'note', moment(job[LAST] * 1000) +
                   (job[OUTCOME] === 'skipped' ? '' : ', took ' + took(job[TOOK]))));
  }
  const owner = job[MEMBER] || job[HOST] ? readable(job[MEMBER] || job[HOST]) : '\u2013';
  const host = cell('Replica', valueElement('span', '', owner));
  const actions = cell('');
  actions.className = 'actions';
  // No replica runs a job that its file does not have.
  if (job[STATE] !== 'removed') {
    actions.append(button('Run', job, 'run'), ' ', job[PAUSED_BY] || job[STATE] === 'paused'
      ? button('Resume', job, 'resume') : button('Pause', job, 'pause'));
  }
  row.replaceChildren(first, state, next, last, cell('', stripOf(job)), host, actions);
  entry.next = next.firstChild;
}

// Only rows that differ are built again, so that the focus and a selection stay.
function takeOver(tenants) {
  const body = at('rows'), seen = new Set(), added = document.createDocumentFragment();
  for (const tenant of tenants) {
    for (const job of tenant.jobs) {
      const key = keyOf(tenant.name, job), text = JSON.stringify(job);
      seen.add(key);
      let entry = rows.get(key);
      if (!entry) {
        entry = { tenant: tenant.name, key, row: el('tr') };
        entry.row.dataset.key = key;
        rows.set(key, entry);
        added.append(entry.row);
      }
      if (entry.text === text) continue;
      const focused = entry.row.contains(document.activeElement) && document.activeElement;
      Object.assign(entry, { job, text });
      build(entry);
      if (focused) {
        const same = focused.dataset.action ? '[data-action]' : '.name';
        entry.row.querySelector(same)?.focus();
      }
    }
  }
  for (const [key, entry] of rows) {
    if (seen.has(key)) continue;
    entry.row.remove();
    rows.delete(key);
  }
  body.append(added);
}

function filterRows() {
  const wanted = at('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  const show = at('show').value, sums = { running: 0, failed: 0, paused: 0 };
  let shown = 0;
  for (const { job, tenant, row } of rows.values()) {
    if (job[STATE] === 'running') ++sums.running;
    if (failedLast(job)) ++sums.failed;
    if (job[STATE] === 'paused') ++sums.paused;
    const text = (tenant + ' ' + job[NAME] + ' ' + job[HOST]).toLowerCase();
    const kind = show === 'all' || (show === 'failed' ? failedLast(job) : job[STATE] === show);
    row.hidden = !kind || !wanted.every((w) => text.includes(w));
    if (!row.hidden) ++shown;
  }
  at('empty').hidden = shown > 0;
  setText(at('empty'), rows.size ? 'No job matches.' : 'No jobs yet.');
  const list = at('sums');
  const items = [[count(rows.size, 'job'), ''], [sums.running + ' running', 'ours'],
                 [sums.failed + ' failed', 'failed'], [sums.paused + ' paused', 'unknown']];
  list.replaceChildren(...items.filter(([text], i) => i < 1 || !text.startsWith('0 '))
    .map(([text, look]) => el('li', look, text)));
}
