// The table. Only visible rows are in the document: 5,000 elections draw as fast as 10.

const SHORTEST_WINDOW_MS = 60e3, LONGEST_WINDOW_MS = 3600e3;
const scroll = at('scroll'), rowsBox = at('rows');
const pool = new Map();  // name: row
let windowMs = SHORTEST_WINDOW_MS;  // of the timelines: since the oldest term, an hour at most
let rowHeight = 52;
let selected = null;     // the name of an election

function makeHead() {
  const boxes = COLUMNS.map((column, i) => {
    const box = el('span', column.id + (column.number ? ' num' : '')), button = el('button');
    box.setAttribute('role', 'columnheader');
    box.setAttribute('aria-colindex', i + 1);
    button.type = 'button';
    button.append(el('span', '', column.title), column.arrow = el('i'));
    column.arrow.setAttribute('aria-hidden', 'true');
    button.addEventListener('click', () => sortBy(column));
    box.append(button);
    column.box = box;
    at('sort').append(new Option(column.title, column.id), new Option(column.title + ' \u2193',
                                                                      '-' + column.id));
    return box;
  });
  at('head').append(...boxes);
  at('sort').prepend(new Option('Unsorted', ''));
}
// Ascending, descending, and then as the file has them.
function sortBy(column) {
  const again = sorting.column === column;
  if (again && sorting.descending) sorting = { column: null, descending: false };
  else sorting = { column, descending: again };
  page.reorder();
}
function showSorting() {
  for (const column of COLUMNS) {
    const active = sorting.column === column;
    setAttribute(column.box, 'aria-sort',
                 active ? (sorting.descending ? 'descending' : 'ascending') : null);
    setText(column.arrow, active ? (sorting.descending ? '\u2193' : '\u2191') : '');
  }
  at('sort').value = sorting.column ? (sorting.descending ? '-' : '') + sorting.column.id : '';
}

function makeRow(name) {
  const row = el('div', 'row'), cells = {};
  row.setAttribute('role', 'row');
  COLUMNS.forEach((column, i) => {
    const cell = cells[column.id] = el('span', column.id + (column.number ? ' num' : ''));
    cell.setAttribute('role', 'gridcell');
    cell.setAttribute('aria-colindex', i + 1);
    cell.dataset.label = column.title;
    row.append(cell);
  });
  const link = valueElement('a', '', readable(name));
  link.href = '#' + encodeURIComponent(name);
  link.tabIndex = -1;  // the arrow keys choose a row, Enter opens it
  cells.name.append(link);
  cells.state.append(el('span', 'tag'));
  cells.leader.append(valueElement('span', 'main'), el('span', 'note'));
  const bar = el('span', 'bar'), line = el('span', 'line');
  bar.append(el('i'));
  cells.lease.append(bar, el('span', 'num'));
  line.setAttribute('role', 'img');
  cells.terms.append(line);
  row.addEventListener('click', (click) => {
    if (click.ctrlKey || click.metaKey || click.shiftKey || String(getSelection())) return;
    click.preventDefault();
    select(name);
    openDetails(name);
  });
  return Object.assign(row, { cells });
}

function drawTerms(line, e) {
  const end = now(), from = end - windowMs, words = [];
  const bars = e.terms.filter((t) => (t.until_ms === null ? end : t.until_ms) >= from);
  while (line.children.length > bars.length) line.lastChild.remove();
  while (line.children.length < bars.length) line.append(el('i'));
  bars.forEach((t, i) => {
    const begin = Math.max(t.since_ms, from), until = t.until_ms === null ? end : t.until_ms;
    const bar = line.children[i];
    setClass(bar, t.ours ? 'ours' : '');
    bar.style.left = ((begin - from) / windowMs * 100).toFixed(2) + '%';
    bar.style.width = 'max(3px, ' + (Math.max(0, until - begin) / windowMs * 100).toFixed(2) + '%)';
    words.push(readable(t.name) + ' from ' + moment(t.since_ms) +
               (t.until_ms === null ? '' : ' to ' + moment(t.until_ms)));
  });
  setAttribute(line, 'aria-label', words.length ? words.join('; ') : 'no term seen');
  setAttribute(line, 'title', words.length ? words.join('\n') : null);
}
function drawLease(cell, e) {
  const left = leaseOf(e), [bar, text] = cell.children;
  bar.hidden = left === null;
  setText(text, left === null ? '\u2013' : (left / 1000).toFixed(1) + ' s');
  if (left === null) return;
  const part = Math.min(1, left / e.span_ms);
  bar.firstChild.style.width = (part * 100).toFixed(1) + '%';
  setClass(bar.firstChild, part < .4 ? 'low' : '');
}
function fill(row, e, place) {
  const { cells } = row, leader = leaderOf(e);
  row.style.top = place * rowHeight + 'px';
  row.id = 'row' + e.index;
  setAttribute(row, 'aria-rowindex', place + 2);
  setAttribute(row, 'aria-selected', e.election === selected);
  setAttribute(cells.name, 'title', e.key);
  setText(cells.state.firstChild, STANDING[e.standing] || e.standing);
  setClass(cells.state.firstChild, 'tag ' + e.standing);
  setClass(cells.leader, 'leader ' + leader.look);
  setText(cells.leader.firstChild, leader.text);
  setClass(cells.leader.firstChild, 'main value' + (e.holder === '' && holds(e) ? ' quiet' : ''));
  setText(cells.leader.lastChild, leader.note);
  setAttribute(cells.leader, 'title', leader.text + (leader.note ? '\n' + leader.note : ''));
  setText(cells.since, sinceOf(e));
  drawLease(cells.lease, e);
  setText(cells.fence, fenceOf(e));
  drawTerms(cells.terms.firstChild, e);
}

const headHeight = () => at('head').offsetHeight;
function draw() {
  const { shown } = elections, height = at('ruler').offsetHeight;
  if (height !== rowHeight) {  // turned, or zoomed: the same row stays on top
    scroll.scrollTop *= height / rowHeight;
    rowHeight = height;
  }
  at('tall').style.height = shown.length * rowHeight + 'px';
  const top = scroll.scrollTop, view = scroll.clientHeight;
  const first = Math.max(0, Math.floor(top / rowHeight) - 4);
  const visible = shown.slice(first, Math.ceil((top + view) / rowHeight) + 4);
  const wanted = new Set(visible.map((e) => e.election));
  for (const [name, row] of pool) if (!wanted.has(name)) { row.remove(); pool.delete(name); }
  visible.forEach((e, i) => {
    let row = pool.get(e.election);
    if (!row) pool.set(e.election, row = makeRow(e.election));
    fill(row, e, first + i);
    // In the order of the places, which a screen reader follows.
    if (rowsBox.children[i] !== row) rowsBox.insertBefore(row, rowsBox.children[i] || null);
  });
  const chosen = pool.get(selected);
  setAttribute(scroll, 'aria-activedescendant', chosen ? chosen.id : null);
  setAttribute(scroll, 'aria-rowcount', shown.length + 1);
}
// The longest time that a timeline needs, for all of them.
function measureWindow() {
  let oldest = now() - SHORTEST_WINDOW_MS;
  for (const e of elections.table) {
    if (e && e.terms.length) oldest = Math.min(oldest, e.terms[0].since_ms);
  }
  windowMs = Math.min(LONGEST_WINDOW_MS, Math.ceil((now() - oldest) / 60e3) * 60e3);
  const minutes = windowMs / 60e3;
  setText(COLUMNS[6].box.firstChild.firstChild,
          'Terms, ' + (minutes === 60 ? 'last hour' : minutes + ' min'));
}

function select(name) {
  selected = name;
  const place = elections.places.get(name);
  if (place !== undefined) {
    const top = place * rowHeight, view = scroll.clientHeight - headHeight();
    if (top < scroll.scrollTop) scroll.scrollTop = top;
    if (top + rowHeight > scroll.scrollTop + view) scroll.scrollTop = top + rowHeight - view;
  }
  draw();
}
