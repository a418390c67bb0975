const dialog = document.getElementById('hole');
const views = [...dialog.querySelectorAll('canvas[data-view]')];
const cuts = [...dialog.querySelectorAll('svg[data-cut]')];
const sliders = [...dialog.querySelectorAll('input[data-at]')];
const surface = document.getElementById('surface'), layer = document.getElementById('layer');
const START = {turn: -.6, tilt: .75}, view = {...START};
let hole = null, layers = {}, pictures = {}, at = {x: 0, y: 0};

const add = (parent, name, text, properties = {}) => {
  const made = Object.assign(document.createElement(name), {textContent: text}, properties);
  parent.append(made);
  return made;
};

const draw = () => {
  if (!hole || !dialog.open) return;
  views.forEach(canvas => drawView(canvas, hole, layers, pictures, at));
  if (!layers.depth && !layers.truth) return;
  cuts.forEach(svg => drawCut(svg, hole, layers, at));
  sliders.forEach(one => { one.value = at[one.dataset.at === 'x' ? 'y' : 'x']; });
  const words = document.getElementById('reading');
  words.replaceChildren();
  for (const [name, text] of reading(hole, layers, at)) add(add(words, 'span', `${name} `, {className: name === 'depth' ? 'found' : name}), 'b', text);
  turned();
};
const turned = () => {
  const values = layers[layer?.value] ?? layers.depth ?? layers.truth;
  if (!surface || !values) return;
  const said = drawSurface(surface, hole, values, view);
  document.getElementById('proportions').textContent = `Drag or arrow keys turn it, Home turns it back; ${said}.`;
};
const move = (x, y) => {
  const [height, width] = hole.shape;
  at = {x: Math.min(width - 1, Math.max(0, Math.round(x))), y: Math.min(height - 1, Math.max(0, Math.round(y)))};
  draw();
};

const told = () => {
  document.getElementById('hole-name').textContent = hole.stem;
  const facts = document.getElementById('hole-facts');
  facts.replaceChildren();
  hole.facts.forEach(text => add(facts, 'span', text));
  const contours = document.getElementById('contours');
  if (contours) contours.textContent = hole.plateaus ? `Contours at ${Object.values(page.shares).map(one => `${one * 100}`).join(', ')} % of the plateau's depth; in the SEM image at half, found red${hole.plateaus.truth ? ', true green' : ''}.` : '';
  const table = document.getElementById('measures');
  if (!table) return;
  table.replaceChildren();
  table.closest('section').hidden = !hole.measures.length;
  hole.measures.forEach(([found, truth, apart], n) => {
    const [label, unit, meaning] = page.measures[n], row = add(table, 'tr', '');
    add(add(row, 'th', label, {scope: 'row', title: meaning}), 'small', meaning);
    [found, truth, apart].forEach(text => add(row, 'td', text || '\u2013'));
    add(row, 'td', unit);
  });
};

const open = async wanted => {
  const row = rows[wanted];
  hole = page.holes[wanted];
  const grey = [...row.querySelectorAll('td.picture')].filter(cell => ['SEM', 'contour'].includes(cell.dataset.label))
    .map(cell => [cell.dataset.label, cell.querySelector('img')]);
  if (!dialog.open) dialog.showModal();
  told();
  const asked = hole;
  const [found] = await Promise.all([unpacked(hole), ...grey.map(([, image]) => image.decode())]);
  if (hole !== asked) return;
  [layers, pictures] = [found, Object.fromEntries(grey)];
  const [height, width] = hole.shape, middle = [hole.shape[1] / 2, hole.shape[0] / 2];
  sliders.forEach(one => { one.max = (one.dataset.at === 'x' ? height : width) - 1; });
  dialog.dataset.shown = hole.stem;
  move(...middle);
};

const address = number => `#hole=${encodeURIComponent(page.holes[number].stem)}`;
const follow = () => {
  let stem = null;
  try { stem = decodeURIComponent(location.hash.match(/^#hole=(.*)$/s)?.[1] ?? ''); } catch { /* no name at all */ }
  const number = page.holes.findIndex(one => one.stem === stem);
  if (number >= 0) open(number); else if (dialog.open) dialog.close();
};
const step = by => {
  const shown = visible().map(row => +row.dataset.hole), now = shown.indexOf(page.holes.indexOf(hole));
  const next = shown[now < 0 ? 0 : now + by];
  if (next !== undefined) location.replace(address(next));
};

body.addEventListener('click', event => {
  if (!event.target.closest('a')) location.hash = address(+event.target.closest('tr').dataset.hole);
});
addEventListener('hashchange', follow);
addEventListener('resize', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
const shut = () => {
  dialog.close();
  history.replaceState(null, '', location.href.replace(/#.*$/s, ''));
  rows[page.holes.indexOf(hole)].querySelector('a').focus();
};
dialog.addEventListener('cancel', event => { event.preventDefault(); shut(); });  // the key Esc, and going back
document.getElementById('close').addEventListener('click', shut);
document.getElementById('previous').addEventListener('click', () => step(-1));
document.getElementById('next').addEventListener('click', () => step(1));
layer?.addEventListener('change', turned);
sliders.forEach(one => one.addEventListener('input', () => one.dataset.at === 'x' ? move(at.x, +one.value) : move(+one.value, at.y)));

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
dialog.addEventListener('keydown', event => {
  const [x, y] = ARROWS[event.key] ?? [0, 0], on = event.target;
  if (on === surface && event.key === 'Home') Object.assign(view, START);
  else if (!x && !y || on.matches('input, select')) return;
  else if (on === surface) swing(x * .12, y * .08);
  else if (on.matches('canvas')) move(at.x + x, at.y + y);
  else if (x) step(x);
  else return;
  event.preventDefault();
  if (on === surface) turned();
});

const swing = (turn, tilt) => {
  view.turn -= turn;
  view.tilt = Math.min(1.5, Math.max(.15, view.tilt + tilt));
};
const dragged = (canvas, act) => {
  let last = null;
  canvas.addEventListener('pointerdown', event => { last = event; canvas.setPointerCapture(event.pointerId); act(event, event); });
  canvas.addEventListener('pointermove', event => { if (last) { act(event, last); last = event; } });
  for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { last = null; });
};
views.forEach(canvas => dragged(canvas, event => {
  const box = canvas.getBoundingClientRect(), [height, width] = hole.shape;
  move((event.clientX - box.left) / box.width * width - .5, (event.clientY - box.top) / box.height * height - .5);
}));
if (surface) dragged(surface, (event, last) => {
  swing((event.clientX - last.clientX) * .01, (event.clientY - last.clientY) * .01);
  requestAnimationFrame(turned);
});
follow();
