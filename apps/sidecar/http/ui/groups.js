// The members of each group: how many elections each leads, beside its share.

const groups = { list: [], incoming: null };

handlers.groups = (list) => {
  groups.incoming = list;
  if (!elections.incoming) groups.list = list;
  page.changed = true;
};

function memberBox(m, ours, most) {
  const box = el('span', m.name === ours ? 'member ours' : 'member'), bar = el('span', 'bar');
  const part = el('i'), notes = [m.leads + ' of ' + m.share];
  part.style.width = most ? m.leads / most * 100 + '%' : '0';
  if (m.leads !== m.share) part.className = 'low';
  bar.append(part);
  if (m.name === ours) notes.push('this process');
  if (m.state !== 'settled') notes.push(m.state);
  if (m.weight !== 100) notes.push('weight ' + m.weight);
  if (m.capacity !== null) notes.push('capacity ' + m.capacity);
  box.append(valueElement('b', '', readable(m.name)), bar, el('small', '', notes.join(', ')));
  box.title = readable(m.name) + ' leads ' + m.leads + ', its share is ' + m.share;
  return box;
}
let groupsDrawn = '';
function drawGroups() {
  const next = JSON.stringify(groups.list);
  if (next === groupsDrawn) return;
  groupsDrawn = next;
  at('groups').hidden = groups.list.length === 0;
  at('groups').replaceChildren(...groups.list.map((g) => {
    const box = el('section');
    const most = Math.max(0, ...g.members.map((m) => Math.max(m.leads, m.share)));
    box.append(valueElement('h2', '', readable(g.group)),
               ...g.members.map((m) => memberBox(m, g.member, most)));
    if (!g.members.length) box.append(el('small', '', 'no members seen yet'));
    return box;
  }));
}
