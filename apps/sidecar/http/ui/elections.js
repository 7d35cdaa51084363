// The elections: their states, what people call them, filter and order.

const elections = {
  table: [],        // the newest state of each, by its index at the sidecar
  incoming: null,   // those of a connection that has not sent all of them yet
  arrived: 0,
  shown: [],        // those that pass the filter, in order
  places: new Map(),  // name: place in `shown`
  byName: new Map(),
};

// What it is called, by STANDING and class in the column "This process".
const STANDING = { watching: 'watching', candidate: 'candidate', pending: 'waiting',
                   leading: 'leading', stopping: 'stopping' };

const holds = (e) => e.state === 'led' || e.state === 'namesake';
const leadsHere = (e) => e.leading && e.state === 'led';
// Consul's word is older than its failure, except about our own lease, which needs no word.
const unsure = (e) => e.failure !== null && !leadsHere(e);
const failureWords = (e) => e.failure.refused ? 'Consul refuses' : 'Consul unreachable';

// ours, theirs, none or unknown: one of them for each election.
function kindOf(e) {
  if (e.state === 'unknown' || unsure(e)) return 'unknown';
  if (leadsHere(e)) return 'ours';
  return holds(e) ? 'theirs' : 'none';
}
const valueOf = (e) => leadsHere(e) ? e.name : e.holder;

// Who leads: { text, note, look }. `note` is what the text alone does not say.
function leaderOf(e) {
  const words = {
    unknown: ['unknown', 'not read yet', 'unknown'],
    free: ['free', 'no leader', 'none'],
    claimed: ['claimed here', 'no leader yet', 'wait'],
    quarantine: ['quarantine', startsIn(e), 'wait'],
    stopping: ['stopping here', 'no leader after it', 'wait'],
    led: [readable(valueOf(e)), valueNote(valueOf(e), e.holder_bytes), ''],
    namesake: [readable(e.holder), 'another session, our value', ''],
  }[e.state] || [e.state, '', 'unknown'];
  let [text, note, look] = words;
  if (e.holder === '' && e.state === 'led') note = 'session ' + e.session.slice(0, 8);
  if (unsure(e)) {
    if (e.state !== 'unknown') text = 'was ' + text;
    [note, look] = [failureWords(e), 'unknown'];
  }
  return { text, note, look };
}
function startsIn(e) {
  if (e.starts_in_ms === null) return 'leads here next';
  const left = e.starts_in_ms - (page.live ? performance.now() - e.at : 0);
  return 'leads here in ' + span(left);
}
// Nothing while the page is old: our lease may be over since.
function leaseOf(e) {
  if (!page.live || e.lease_ms === null) return null;
  return Math.max(0, e.lease_ms - Math.max(0, upNow() - e.lease_up));
}
const sinceOf = (e) => e.since_ms ? span(now() - e.since_ms) : '\u2013';
const fenceOf = (e) => e.session && e.fence ? String(e.fence) : '\u2013';

// -- order ---------------------------------------------------------------------------------------

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
const STANDINGS = Object.keys(STANDING);
const byText = (text) => (a, b) => collator.compare(text(a), text(b));
const byNumber = (number) => (a, b) => number(a) - number(b);
// The elections without a leader come last, in either direction.
const leaderless = (e) => holds(e) ? 0 : 1;
const COLUMNS = [
  { id: 'name', title: 'Election', by: byText((e) => e.election) },
  { id: 'state', title: 'This process', by: byNumber((e) => -STANDINGS.indexOf(e.standing)) },
  { id: 'leader', title: 'Leader', by: byText((e) => valueOf(e)), last: leaderless },
  { id: 'since', title: 'Since', by: byNumber((e) => -e.since_ms), number: true },
  { id: 'lease', title: 'Our lease', by: byNumber((e) => e.lease_ms),
    last: (e) => e.lease_ms === null ? 1 : 0 },
  { id: 'fence', title: 'Fence', by: byNumber((e) => e.fence), number: true, last: leaderless },
  { id: 'terms', title: 'Terms', by: byNumber((e) => e.changes) },
];
let sorting = { column: null, descending: false };  // null: the order of the sidecar's file

function order(list) {
  const column = sorting.column;
  if (!column) return list;
  const last = column.last || (() => 0), sign = sorting.descending ? -1 : 1;
  return list.sort((a, b) => last(a) - last(b) || sign * column.by(a, b) || a.index - b.index);
}

// -- filter --------------------------------------------------------------------------------------

function refilter() {
  const words = at('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  const show = at('show').value, sums = { ours: 0, theirs: 0, none: 0, unknown: 0 };
  const shown = [];
  let size = 0;
  for (const e of elections.table) {
    if (!e) continue;
    ++size;
    const kind = kindOf(e);
    ++sums[kind];
    if (show !== 'all' && show !== kind) continue;
    const text = (e.election + ' ' + e.key + ' ' + valueOf(e)).toLowerCase();
    if (words.every((w) => text.includes(w))) shown.push(e);
  }
  elections.shown = order(shown);
  elections.places = new Map(elections.shown.map((e, place) => [e.election, place]));
  elections.size = size;
  elections.sums = sums;
}

// -- events --------------------------------------------------------------------------------------

handlers.hello = (hello) => {
  if (hello.page !== PAGE_ID && reloadOnce(hello.page)) return;
  feed.offset = Infinity;  // perhaps another computer
  takeClocks(hello);
  feed.open = true;
  feed.why = '';
  elections.incoming = new Array(hello.elections);
  elections.arrived = 0;
  // The first time they appear as they come. Later the old ones stay, grey, until all are there.
  if (!elections.table.length) elections.table = elections.incoming;
  groups.incoming = [];
  page.host = hello.host;
  complete();
};
// A newer sidecar has another page. Should the reload bring the same again, it stays.
function reloadOnce(id) {
  try {
    if (sessionStorage.getItem('tenure-page') === id) return false;
    sessionStorage.setItem('tenure-page', id);
  } catch (error) {
    return false;
  }
  location.reload();
  return true;
}
handlers.state = (list) => {
  const table = elections.incoming || elections.table;
  for (const [index, e] of list) {
    if (!table[index]) ++elections.arrived;
    table[index] = Object.assign(e, { index, at: performance.now(), lease_up: upNow() });
  }
  complete();
  page.changed = true;
};
function complete() {
  if (!elections.incoming || elections.arrived < elections.incoming.length) return;
  elections.table = elections.incoming;
  elections.incoming = null;
  groups.list = groups.incoming;
  elections.byName = new Map(elections.table.map((e) => [e.election, e.index]));
  page.changed = true;
}
handlers.lease = (data) => {
  takeClocks(data);
  for (const [index, ms] of data.leases || []) {
    const e = (elections.incoming || elections.table)[index];
    if (e) Object.assign(e, { lease_ms: ms, lease_up: data.up_ms });
  }
  if (sorting.column && sorting.column.id === 'lease') page.changed = true;
};
const electionCalled = (name) => {
  const index = elections.byName.get(name);
  return index === undefined ? undefined : elections.table[index];
};
