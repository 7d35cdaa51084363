// The address of the page: ?q=FILTER&show=KIND&sort=COLUMN#ELECTION. It can be sent to others, and
// the browser's back and forward go through it.

// 'push': one step of the history.
function writeAddress(how) {
  const query = new URLSearchParams();
  if (at('filter').value.trim()) query.set('q', at('filter').value);
  if (at('show').value !== 'all') query.set('show', at('show').value);
  if (at('sort').value) query.set('sort', at('sort').value);
  const text = query.toString();
  const next = location.pathname + (text ? '?' + text : '') +
               (open === null ? '' : '#' + encodeURIComponent(open));
  if (next === location.pathname + location.search + location.hash) return;
  if (how === 'push') history.pushState(null, '', next);
  else history.replaceState(null, '', next);
}

// The election that a fragment names. People also type one, unescaped or by the key.
function namedBy(fragment) {
  const decode = (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch (error) {  // not the bytes of a character
      return escapes;
    }
  };
  const text = fragment.replace(/(%[0-9a-f]{2})+/gi, decode);
  for (const name of [text, fragment]) {
    if (electionCalled(name)) return name;
    const byKey = elections.table.find((e) => e && e.key === name);
    if (byKey) return byKey.election;
  }
  return text;
}

function readAddress() {
  const query = new URLSearchParams(location.search), sort = query.get('sort') || '';
  at('filter').value = query.get('q') || '';
  at('show').value = query.get('show') || 'all';
  if (at('show').selectedIndex < 0) at('show').value = 'all';
  const column = COLUMNS.find((c) => c.id === sort.replace(/^-/, '')) || null;
  sorting = { column, descending: column !== null && sort.startsWith('-') };
  showSorting();
  refilter();
  readFragment();
}
function readFragment() {
  const fragment = location.hash.slice(1);
  if (!fragment) return closeDetails('keep address');
  open = namedBy(fragment);
  select(open);
  drawDetails();
}
