// One election in full, beside the table or over it. `open` is a name, also of an election that
// this sidecar does not have.

let open = null;
let drawn = '';       // what the box shows, so that it is only built again if that has changed
let ticking = [];     // [element, function that returns its text]: what changes by itself
const narrow = matchMedia('(max-width: 40rem)');

function openDetails(name) {
  if (open === name) return;
  open = name;
  drawDetails();
  writeAddress('push');
}
function closeDetails(keep) {
  if (open === null) return;
  const inside = at('more').contains(document.activeElement);
  open = null;
  drawDetails();
  if (keep !== 'keep address') writeAddress('push');
  if (inside || document.activeElement === document.body) scroll.focus();
}

function topOf(title, code) {
  const top = el('div', 'top'), names = el('div'), shut = el('button', '', '\u2715');
  const name = valueElement('h2', '', title);
  name.id = 'more-name';
  shut.id = 'more-close';
  shut.type = 'button';
  shut.setAttribute('aria-label', 'Close details');
  shut.addEventListener('click', () => closeDetails());
  names.append(name);
  if (code) names.append(valueElement('code', '', readable(code)));
  top.append(names, shut);
  return top;
}
function missing() {
  const waiting = elections.incoming || !feed.stamp;
  return [topOf(readable(open)), el('p', '', waiting ? 'Waiting for the sidecar.'
    : 'This sidecar has no election of this name.')];
}
function termItem(t) {
  const item = el('li', t.ours ? 'ours' : '');
  const end = t.until_ms === null ? 'now' : moment(t.until_ms);
  item.append(valueElement('span', t.name === '' ? 'quiet' : '', readable(t.name)));
  item.append(el('small', '', moment(t.since_ms) + ' \u2013 ' + end + ', fence ' + t.fence +
    (t.ours ? ', this process' : '') + (t.why === 'none' ? '' : ', ' + words(t.why))));
  return item;
}
const words = (name) => name.replaceAll('_', ' ');

function contents(e) {
  const list = el('dl'), current = () => electionCalled(e.election) || e;
  const add = (title, value) => {
    const box = value instanceof Element ? value : el('dd', '', value);
    list.append(el('dt', '', title), box);
    return box;
  };
  const live = (title, text) => ticking.push([add(title, text(e)), () => text(current())]);
  add('Leader', valueElement('dd', '', leaderOf(e).text));
  const note = (x) => leaderOf(x).note;
  if (note(e)) live('', note);
  live('Since', (x) => x.since_ms ? moment(x.since_ms) + ' (' + sinceOf(x) + ')' : '\u2013');
  add('Fence', fenceOf(e));
  add('This process', STANDING[e.standing] || e.standing);
  live('Our lease', (x) => {
    const left = leaseOf(x);
    return left === null ? '\u2013' : (left / 1000).toFixed(1) + ' s of ' + x.span_ms / 1000 + ' s';
  });
  add('Session', e.session || '\u2013');
  if (!e.session && e.holder) add('Left value', valueElement('dd', '', readable(e.holder)));
  if (e.failure) {
    add('Consul', e.failure.text + ', since ' + moment(e.failure.since_ms));
  }
  if (e.group) add('Group', valueElement('dd', '', readable(e.group)));
  if (e.last_end !== 'none') add('Last term ended', words(e.last_end));
  add('Leader changes', e.changes.toLocaleString('en'));
  const terms = el('ol');
  terms.append(...[...e.terms].reverse().map(termItem));
  return [topOf(readable(e.election), e.key), list, el('h3', '', 'Terms, newest first'),
          e.terms.length ? terms : el('p', '', 'None seen yet.')];
}

function drawDetails() {
  const box = at('more'), e = open === null ? undefined : electionCalled(open);
  const { at: _, lease_up, lease_ms, starts_in_ms, ...facts } = e || {};
  const next = open === null ? '' : JSON.stringify([open, facts, !e && !elections.incoming]);
  if (next !== drawn) {
    drawn = next;
    ticking = [];
    const hadFocus = document.activeElement && document.activeElement.id === 'more-close';
    const from = box.scrollTop;
    box.replaceChildren(...(open === null ? [] : e ? contents(e) : missing()));
    box.hidden = open === null;
    box.scrollTop = from;
    if (hadFocus && open !== null) at('more-close').focus();
  }
  for (const [node, text] of ticking) setText(node, text());
  // On a phone it covers all else.
  for (const other of document.querySelectorAll('header, .banner, #groups, #scroll')) {
    other.inert = open !== null && narrow.matches;
  }
}
