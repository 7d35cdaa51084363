// The history of one job, beside the table or over it.

let open = null;  // the key of the row

function recordItem(record) {
  const outcome = record.state === 'finished'
    ? (record.ending === 'succeeded' ? 'ok' : record.ending) : record.state;
  const item = el('li', outcome);
  const until = record.until ? ' \u2013 ' + moment(record.until * 1000) : '';
  item.append(el('strong', '', moment(record.tick * 1000) + until), ' ', words(outcome));
  const facts = [];
  if (record.reason) facts.push(words(record.reason));
  if (record.count) facts.push(count(record.count, 'tick'));
  if (record.text) facts.push(record.text);
  if (record.cause) facts.push(words(record.cause));
  if (record.attempts) facts.push(count(record.attempts, 'attempt'));
  if (record.took_ms !== undefined) facts.push('took ' + took(record.took_ms));
  if (record.host) facts.push(record.host + ', fence ' + record.fence);
  if (record.trigger && record.trigger !== 'schedule') facts.push(words(record.trigger));
  item.append(valueElement('span', 'note', readable(facts.join(', ') || '\u2013')));
  if (record.tail) item.append(valueElement('pre', '', record.tail));
  return item;
}

async function drawDetails() {
  const box = at('more'), entry = rows.get(open);
  box.hidden = !entry;
  if (!entry) return;
  const wanted = open, { job, tenant } = entry;
  const top = el('div', 'top'), shut = el('button', '', '\u2715'), title = el('h2');
  title.id = 'more-name';
  title.append(valueElement('span', '', readable(job[NAME])));
  shut.type = 'button';
  shut.id = 'more-close';
  shut.setAttribute('aria-label', 'Close history');
  shut.addEventListener('click', () => showDetails(null));
  top.append(title, shut);
  const list = el('ol');
  let said = '';
  try {
    const answer = await ask('history', tenant, job);
    list.append(...answer.records.map(recordItem));
    if (!answer.records.length) said = 'No runs yet.';
  } catch (error) {
    said = error.message;
  }
  if (open !== wanted) return;
  const focused = box.contains(document.activeElement);
  box.replaceChildren(top, valueElement('p', '', job[SCHEDULE] + ' (' + job[ZONE] + ')'),
                      list, el('p', 'note', said));
  if (focused) shut.focus();
}

function showDetails(key) {
  const before = open;
  open = key;
  drawDetails();
  if (key === null && rows.has(before)) rows.get(before).row.querySelector('.name').focus();
}
