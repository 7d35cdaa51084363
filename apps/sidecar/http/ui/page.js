// The page as a whole: what it shows when, and the keys.

const page = {
  live: false,      // what it shows is the present
  changed: true,    // elections came, went or changed
  host: '',
  scheduled: false,
  // Once per frame, however many events arrive. A hidden page has no frames.
  refresh() {
    if (page.scheduled) return;
    page.scheduled = true;
    if (document.hidden) setTimeout(page.show, 200);
    else requestAnimationFrame(page.show);
  },
  show() {
    page.scheduled = false;
    page.live = isFresh() && !elections.incoming;
    if (page.changed) {
      page.changed = false;
      refilter();
      measureWindow();
      if (open !== null && !electionCalled(open) && !elections.incoming) readFragment();
    }
    drawStatus();
    draw();
    drawGroups();
    drawDetails();
  },
  reorder() {
    showSorting();
    refilter();
    scroll.scrollTop = 0;
    writeAddress('replace');
    page.refresh();
  },
};

const MARKS = {  // shapes, as colours alone do not tell
  live: '<circle cx="8" cy="8" r="6" fill="#178a56"/>',
  none: '<path d="M8 1l7 13H1z" fill="#c9302c"/>',
  unknown: '<path d="M8 1l7 13H1z" fill="#b57a00"/>',
  old: '<path d="M3 3l10 10M13 3L3 13" stroke="#808080" stroke-width="3"/>',
};
let mark = '';
function setMark(next) {
  if (mark === next) return;
  mark = next;
  at('icon').href = 'data:image/svg+xml,' + encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' + MARKS[next] + '</svg>');
}

function drawStatus() {
  const { sums, size, shown, incoming } = elections, old = !page.live && feed.stamp !== null;
  const loading = feed.open && incoming && incoming === elections.table;
  setClass(document.body, page.live ? 'live' : loading || !feed.stamp ? '' : 'old');
  setText(at('feed-text'), page.live ? 'live'
    : loading ? 'receiving ' + size + ' of ' + incoming.length
    : !old && !feed.why ? 'connecting'
    : 'not connected');
  const labels = [[shown.length === size ? count(size, 'election')
    : shown.length.toLocaleString('en') + ' of ' + size.toLocaleString('en'), '']];
  const names = { ours: 'led here', theirs: 'led elsewhere', none: 'without a leader',
                  unknown: 'unknown' };
  for (const kind in names) {
    if (sums[kind] || kind === 'ours') {
      labels.push([sums[kind].toLocaleString('en') + ' ' + names[kind], kind]);
    }
  }
  const text = JSON.stringify(labels);
  if (at('sums').dataset.text !== text) {
    at('sums').dataset.text = text;
    at('sums').replaceChildren(...labels.map(([t, c]) => el('li', c, t)));
  }
  at('sums').hidden = !feed.stamp;
  setText(at('host'), page.host ? 'at ' + readable(page.host) : '');
  drawLost(old && !loading);
  drawTrouble();
  drawEmpty(size, shown.length);
  const state = page.live ? (sums.unknown ? 'unknown' : sums.none ? 'none' : 'live') : 'old';
  const prefix = !feed.stamp ? '' : {
    live: '', old: 'Not connected \u2013 ', none: sums.none + ' without a leader \u2013 ',
    unknown: sums.unknown + ' unknown \u2013 ' }[state];
  const title = prefix + 'Elections' + (page.host ? ' at ' + readable(page.host) : '');
  if (document.title !== title) document.title = title;
  setMark(feed.stamp || feed.why ? state : 'live');
}
function drawLost(old) {
  const never = !feed.stamp && feed.why !== '';
  at('lost').hidden = !old && !never;
  if (at('lost').hidden) return;
  setText(at('lost-what'), 'No connection to the sidecar' +
          (never ? '.' : ' since ' + moment(feed.stamp.date) + '.'));
  const wait = Math.ceil((feed.retryAt - Date.now()) / 1000);
  const next = feed.retryAt ? 'Next try in ' + Math.max(1, wait) + ' s' : 'Trying now';
  const why = feed.why || 'it sends nothing';
  setText(at('lost-why'), (never ? '' : 'This is the state of that time. ') + next + ' (' + why +
          ').');
  at('retry').hidden = !feed.retryAt;
}
// What Consul's failures have in common, in one line.
function drawTrouble() {
  const failing = elections.table.filter((e) => e && e.failure);
  at('trouble').hidden = failing.length === 0;
  if (!failing.length) return;
  const first = failing.reduce((a, b) => b.failure.since_ms < a.failure.since_ms ? b : a).failure;
  setText(at('trouble-what'), (first.refused ? 'Consul refuses the sidecar\u2019s requests since '
    : 'The sidecar cannot reach Consul since ') + moment(first.since_ms) + '.');
  setText(at('trouble-why'), (failing.length === elections.size ? 'No election is up to date'
    : count(failing.length, 'election') + ' not up to date') +
    ', except for leases of this process (' + first.text + ').');
}
function drawEmpty(size, shown) {
  at('empty').hidden = shown > 0;
  const [what, why] = !feed.stamp ? ['Waiting for the sidecar', '']
    : elections.incoming && !size ? ['Receiving the elections', '']
    : size ? ['No election matches', 'Change the filter, or press Escape in it to clear it.']
    : ['No elections', 'The file of this sidecar has none.'];
  setText(at('empty-what'), what);
  setText(at('empty-why'), why);
}

// -- keys ----------------------------------------------------------------------------------------

// Where a row of the table is chosen: from the first key press on, without a click.
function move(key) {
  const { shown, places } = elections, end = shown.length - 1;
  const some = Math.max(1, Math.floor((scroll.clientHeight - headHeight()) / rowHeight) - 1);
  const place = places.has(selected) ? places.get(selected) : -1;
  const to = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + some,
               PageUp: place - some, Home: 0, End: end,
               Enter: place }[key];  // from the filter
  if (to === undefined || end < 0) return false;
  scroll.focus();
  select(shown[Math.min(end, Math.max(0, to))].election);
  if (open !== null && open !== selected) {
    open = selected;
    drawDetails();
    writeAddress('replace');
  }
  return true;
}
function enter() {
  if (!elections.places.has(selected)) return false;
  openDetails(selected);
  at('more-close').focus();
  return true;
}
function escape(filter) {
  if (open !== null) closeDetails();
  else if (filter && at('filter').value) { at('filter').value = ''; page.reorder(); }
  else if (filter || document.activeElement === at('show')) scroll.focus();
  else return false;
  return true;
}
function pressed(k) {
  if (k.ctrlKey || k.metaKey || k.altKey || k.isComposing) return false;
  const where = document.activeElement, filter = where === at('filter');
  if (k.key === 'Escape') return escape(filter);
  if (k.key === '/' && !/INPUT|SELECT/.test(where.tagName)) {
    at('filter').focus();
    at('filter').select();
    return true;
  }
  if (filter) return /^(ArrowDown|Enter)$/.test(k.key) && move('Enter');
  if (where !== scroll && where !== document.body) return false;
  return k.key === 'Enter' || k.key === ' ' ? enter() : move(k.key);
}

makeHead();
readAddress();
addEventListener('keydown', (k) => { if (pressed(k)) k.preventDefault(); });
addEventListener('popstate', readAddress);
addEventListener('resize', page.refresh);
addEventListener('online', retryNow);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  retryNow();
  page.refresh();
});
scroll.addEventListener('scroll', page.refresh, { passive: true });
at('retry').addEventListener('click', retryNow);
at('filter').addEventListener('input', page.reorder);
at('show').addEventListener('change', page.reorder);
at('sort').addEventListener('change', () => {
  const value = at('sort').value;
  sorting = { column: COLUMNS.find((c) => c.id === value.replace(/^-/, '')) || null,
              descending: value.startsWith('-') };
  page.reorder();
});
setInterval(() => { watchFeed(); page.refresh(); }, 1000);
connect();
