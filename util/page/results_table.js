'use strict';
document.documentElement.classList.add('js');
const body = document.querySelector('#images tbody');
const rows = [...body.children];
const visible = () => [...body.children].filter(row => !row.hidden);

document.querySelectorAll('#images th button').forEach(button => button.addEventListener('click', () => {
  const head = button.parentElement, column = [...head.parentElement.children].indexOf(head);
  const isText = column === 0, now = head.getAttribute('aria-sort');
  const down = now ? now === 'ascending' : !isText;
  head.parentElement.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const value = row => row.children[column].dataset.value;
  const compare = (a, b) => {
    if (value(a) === '' || value(b) === '') return (value(a) === '') - (value(b) === '');  // rows without a value come last
    const difference = isText ? value(a).localeCompare(value(b), undefined, {numeric: true}) : value(a) - value(b);
    return down ? -difference : difference;
  };
  body.append(...rows.slice().sort(compare));
}));

const filters = ['text', 'level', 'ood'].map(name => document.getElementById(name));
const applyFilters = () => {
  const [text, level, ood] = filters.map(input => input?.value ?? '');
  for (const row of rows) {
    row.hidden = !row.children[0].dataset.value.toLowerCase().includes(text.trim().toLowerCase())
      || (level !== '' && row.dataset.level !== level) || (ood !== '' && row.dataset.ood !== ood);
  }
  document.getElementById('count').textContent = `${visible().length} of ${rows.length}`;
};
filters.forEach(input => input?.addEventListener('input', applyFilters));
applyFilters();
