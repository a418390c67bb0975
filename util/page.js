const body = document.querySelector('#images tbody');
document.querySelectorAll('#images th button').forEach(button => button.onclick = () => {
  const head = button.parentElement, column = [...head.parentElement.children].indexOf(head);
  const down = head.getAttribute('aria-sort') !== 'descending';
  head.parentElement.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const value = row => row.children[column].dataset.value ?? row.children[column].textContent;
  const order = (a, b) => value(a).localeCompare(value(b), undefined, {numeric: true}) * (down ? -1 : 1);
  body.append(...[...body.children].sort(order));
});
const level = document.querySelector('#level');
if (level) level.onchange = () => {
  for (const row of body.children) row.hidden = level.value !== '' && row.dataset.level !== level.value;
};
