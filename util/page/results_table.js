'use strict';
document.documentElement.classList.add('js');
const body = document.querySelector('#images tbody');
const rows = [...body.children];
const visible = () => [...body.children].filter(row => !row.hidden);

document.querySelectorAll('#images th button').forEach(button => button.addEventListener('click', () => {
  const head = button.parentElement, column = [...head.parentElement.children].indexOf(head);
  const text = column === 0, now = head.getAttribute('aria-sort');
  const down = now ? now === 'ascending' : !text;
  head.parentElement.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const value = row => row.children[column].dataset.value;
  const order = (a, b) => {
    if (value(a) === '' || value(b) === '') return (value(a) === '') - (value(b) === '');  // unknown ones come last
    const apart = text ? value(a).localeCompare(value(b), undefined, {numeric: true}) : value(a) - value(b);
    return down ? -apart : apart;
  };
  body.append(...rows.slice().sort(order));
}));

const filters = ['text', 'level', 'known'].map(name => document.getElementById(name));
const filter = () => {
  const [text, level, known] = filters.map(one => one?.value ?? '');
  for (const row of rows) {
    row.hidden = !row.children[0].dataset.value.toLowerCase().includes(text.trim().toLowerCase())
      || (level !== '' && row.dataset.level !== level) || (known !== '' && row.dataset.outside !== known);
  }
  document.getElementById('count').textContent = `${visible().length} of ${rows.length}`;
};
filters.forEach(one => one?.addEventListener('input', filter));
filter();
