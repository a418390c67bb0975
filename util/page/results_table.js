const table = document.getElementById('images'), body = table.tBodies[0], AROUND = 15, PRINTED = 1000, PREPARED = 300;
const pictureNames = [...table.querySelectorAll('th[data-picture]')].map(head => head.dataset.picture);
const spacers = [0, 1].map(() => Object.assign(document.createElement('tr'), {className: 'spacer', ariaHidden: 'true'}));
const built = new Map();  // rows in the table, by their number in page.rows
const prepared = new Map();  // the first rows, which are made before they are needed: printing cannot wait for pictures
let order = page.rows.map((_, n) => n);  // the rows that pass the filters, as they are sorted
body.append(...spacers);
const [tallest, widest] = page.holes.reduce(([h, w], {shape}) => shape[0] * w > h * shape[1] ? shape : [h, w], [1, 4]);
table.style.setProperty('--ratio', tallest / widest);

const addElement = (parent, name, text, properties = {}) => {
  const element = Object.assign(document.createElement(name), {textContent: text}, properties);
  parent.append(element);
  return element;
};
const addressOf = number => `#hole=${encodeURIComponent(page.rows[number][0])}`;

const addName = (row, number) => {
  const [stem, , isOod, , , hole] = page.rows[number], cell = addElement(row, 'td', '', {className: 'name'});
  if (hole < 0) addElement(cell, 'span', stem, {className: 'open', title: stem, tabIndex: 0});
  else addElement(cell, 'a', stem, {className: 'open', title: stem, href: addressOf(number)});
  const files = addElement(cell, 'small', '', {className: 'files'});
  for (const [label, [folder, suffix]] of Object.entries(page.files)) {
    addElement(files, 'a', label, {href: `${folder}/${encodeURIComponent(stem)}.${suffix}`, ariaLabel: `${label} of ${stem}`});
  }
  if (isOod) addElement(cell, 'small', 'out of distribution', {className: 'flag'});
};
const drawPictures = async (cells, hole) => {
  const layers = await unpackLayers(hole);
  cells.forEach((canvas, n) => {
    const name = pictureNames[n], [height, width] = hole.shape, scale = Math.max(1, Math.round(108 / width));
    if (!layers[name]) return;
    Object.assign(canvas, {width: width * scale, height: height * scale});
    const context = canvas.getContext('2d');
    context.imageSmoothingEnabled = false;
    context.scale(scale, scale);
    context.drawImage(paintMap(layers[name], hole.shape, KINDS[name], page.ranges), 0, 0);
    if (name !== 'contour') return;
    for (const [path, colour] of contoursOf(name, hole, layers)) {
      context.strokeStyle = colour; context.lineWidth = 1.5 / scale; context.stroke(path);
    }
  });
};
const buildRow = number => {
  const [stem, , isOod, texts, , hole] = page.rows[number], row = document.createElement('tr'), canvases = [];
  row.dataset.row = number;
  if (isOod !== null) row.dataset.ood = +isOod;
  if (isOod) row.title = 'out of distribution: do not trust these numbers';
  addName(row, number);
  for (const name of pictureNames) {
    const cell = addElement(row, 'td', '', {className: 'picture'}), label = LABELS[name] ?? name;
    cell.dataset.label = label;
    if (hole >= 0) canvases.push(addElement(cell, 'canvas', '', {className: 'map', role: 'img', ariaLabel: `${label} of ${stem}`}));
  }
  texts.forEach((text, n) => {
    const cell = addElement(row, 'td', text.replace('\u00b1 ', '\u00b1\u00a0') || '\u2013', {className: 'number'});
    cell.dataset.label = withUnit(...page.columns[n]);
  });
  if (hole >= 0) drawPictures(canvases, page.holes[hole]);
  return row;
};

// Puts the rows from `first` to before `last` into the table; those that are there already are not touched.
const showRows = (first, last) => {
  const wanted = order.slice(first, last), kept = new Set(wanted);
  for (const [number, row] of built) if (!kept.has(number)) { row.remove(); built.delete(number); }
  let next = spacers[0].nextSibling;
  wanted.forEach((number, n) => {
    const row = built.get(number) ?? prepared.get(number) ?? buildRow(number);
    built.set(number, row);
    row.ariaRowIndex = first + n + 2;
    if (row === next) next = next.nextSibling; else body.insertBefore(row, next);
  });
  const height = rowHeight();
  [first, order.length - last].forEach((count, n) => {
    spacers[n].style.height = `${count * height}px`; spacers[n].hidden = count <= 0;
  });
};
const rowHeight = () => {
  const [row] = built.values();
  return row?.getBoundingClientRect().height || 90;
};
const fillWindow = () => {
  const height = rowHeight(), first = Math.floor(-body.getBoundingClientRect().top / height) - AROUND;
  const start = Math.min(Math.max(0, first), Math.max(0, order.length - 1));
  showRows(start, Math.min(order.length, start + Math.ceil(innerHeight / height) + 2 * AROUND));
};

const sorted = {column: null, down: false};
const valueOf = (number, column) => column === 0 ? page.rows[number][0] : page.rows[number][4][column - 1];
const compareText = new Intl.Collator(undefined, {numeric: true}).compare;
const filters = ['text', 'level', 'ood', 'column', 'low', 'high'].map(name => document.getElementById(name));
const applyOrder = () => {
  const [text, level, ood, column, low, high] = filters.map(input => (input?.value ?? '').trim().toLowerCase());
  const isInside = value => column === '' || low === '' && high === ''
    || value !== null && (low === '' || value >= +low) && (high === '' || value <= +high);
  order = page.rows.flatMap(([stem, rowLevel, isOod, , values], n) => stem.toLowerCase().includes(text) && isInside(values[column])
    && (level === '' || `${rowLevel}` === level) && (ood === '' || `${isOod}` === ood) ? [n] : []);
  if (sorted.column !== null) order.sort((a, b) => {
    const [left, right] = [valueOf(a, sorted.column), valueOf(b, sorted.column)];
    if (left === null || right === null) return (left === null) - (right === null);  // rows without a value come last
    const difference = sorted.column === 0 ? compareText(left, right) : left - right;
    return sorted.down ? -difference : difference;
  });
  document.getElementById('count').textContent = `${order.length} of ${page.rows.length}`;
  fillWindow();
};
filters.forEach(input => input?.addEventListener('input', applyOrder));

const heads = [...table.querySelectorAll('th.sorts')];
heads.forEach((head, column) => head.querySelector('button').addEventListener('click', () => {
  const now = head.ariaSort;
  Object.assign(sorted, {column, down: now ? now === 'ascending' : column > 0});
  heads.forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
  applyOrder();
}));

// Shows a row and gives it the focus.
const focusRow = position => {
  const place = Math.min(order.length - 1, Math.max(0, position));
  if (!built.has(order[place])) {
    scrollTo(0, scrollY + body.getBoundingClientRect().top + place * rowHeight() - innerHeight / 2);
    fillWindow();
  }
  built.get(order[place])?.querySelector('.open').focus();
};
body.addEventListener('keydown', event => {
  const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity}[event.key];
  if (!steps || event.altKey || event.ctrlKey) return;
  event.preventDefault();
  focusRow(order.indexOf(+event.target.closest('tr').dataset.row) + steps);
});
body.addEventListener('click', event => {
  const row = event.target.closest('tr')?.dataset.row;
  if (row && !event.target.closest('a') && page.rows[row][5] >= 0) location.hash = addressOf(row);
});
document.getElementById('copy-table').addEventListener('click', event => copyText(event.target, toCsv([
  ['image', ...page.columns.map(column => withUnit(...column))],
  ...order.map(number => [page.rows[number][0], ...page.rows[number][4]]),
])));
const prepareRows = deadline => {
  while (prepared.size < Math.min(PREPARED, page.rows.length) && deadline.timeRemaining() > 5) {
    prepared.set(prepared.size, built.get(prepared.size) ?? buildRow(prepared.size));
  }
  if (prepared.size < Math.min(PREPARED, page.rows.length)) requestIdleCallback(prepareRows);
};
addEventListener('scroll', fillWindow, {passive: true});
addEventListener('resize', fillWindow);
addEventListener('beforeprint', () => showRows(0, Math.min(PRINTED, order.length)));
addEventListener('afterprint', fillWindow);
applyOrder();
globalThis.requestIdleCallback?.(prepareRows);
