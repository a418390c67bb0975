const dialog = document.getElementById('hole');
const views = [...dialog.querySelectorAll('canvas[data-view]')];
const cuts = [...dialog.querySelectorAll('svg[data-cut]')];
const sliders = [...dialog.querySelectorAll('input[data-axis]')];
const surface = document.getElementById('surface'), layer = document.getElementById('layer');
const START = {turn: -.6, tilt: .75}, view = {...START};
let hole = null, layers = {}, pictures = {}, cursor = {x: 0, y: 0};

const addElement = (parent, name, text, properties = {}) => {
  const element = Object.assign(document.createElement(name), {textContent: text}, properties);
  parent.append(element);
  return element;
};

const draw = () => {
  if (!hole || !dialog.open) return;
  views.forEach(canvas => drawView(canvas, hole, layers, pictures, cursor));
  if (!layers.depth && !layers.truth) return;
  cuts.forEach(svg => drawCut(svg, hole, layers, cursor));
  sliders.forEach(slider => { slider.value = cursor[slider.dataset.axis === 'x' ? 'y' : 'x']; });
  const readings = document.getElementById('readings');
  readings.replaceChildren();
  for (const [className, label, text] of readDepths(hole, layers, cursor)) {
    addElement(addElement(readings, 'span', `${label} `, {className}), 'b', text);
  }
  drawSelectedSurface();
};
const drawSelectedSurface = () => {
  const values = layers[layer?.value] ?? layers.depth ?? layers.truth;
  if (!surface || !values) return;
  const proportions = drawSurface(surface, hole, values, view);
  document.getElementById('proportions').textContent = `Drag or arrow keys turn it, Home turns it back; ${proportions}.`;
};
const moveCursor = (x, y) => {
  const [height, width] = hole.shape;
  cursor = {x: Math.min(width - 1, Math.max(0, Math.round(x))), y: Math.min(height - 1, Math.max(0, Math.round(y)))};
  draw();
};

// Which contours the views show, in words.
const describeContours = ({plateaus}) => {
  if (!plateaus) return '';
  const percents = Object.values(page.fractions).map(fraction => `${fraction * 100}`).join(', ');
  const truth = plateaus.truth ? ', ground truth green' : '';
  return `Contours at ${percents} % of the plateau's depth; in the SEM image at half: predicted red${truth}.`;
};

const showFacts = () => {
  document.getElementById('hole-name').textContent = hole.stem;
  const facts = document.getElementById('hole-facts');
  facts.replaceChildren();
  hole.facts.forEach(text => addElement(facts, 'span', text));
  const contours = document.getElementById('contours');
  if (contours) contours.textContent = describeContours(hole);
  const table = document.getElementById('measurements');
  if (!table) return;
  table.replaceChildren();
  table.closest('section').hidden = !hole.measurements.length;
  hole.measurements.forEach(([predicted, truth, difference], n) => {
    const [label, unit, meaning] = page.quantities[n], row = addElement(table, 'tr', '');
    addElement(addElement(row, 'th', label, {scope: 'row', title: meaning}), 'small', meaning);
    [predicted, truth, difference].forEach(text => addElement(row, 'td', text || '\u2013'));
    addElement(row, 'td', unit);
  });
};

const openHole = async number => {
  const row = rows[number];
  hole = page.holes[number];
  const greyImages = [...row.querySelectorAll('td.picture')]
    .filter(cell => ['SEM', 'contour'].includes(cell.dataset.label))
    .map(cell => [cell.dataset.label, cell.querySelector('img')]);
  if (!dialog.open) dialog.showModal();
  showFacts();
  const opened = hole;
  const [unpacked] = await Promise.all([unpackLayers(hole), ...greyImages.map(([, image]) => image.decode())]);
  if (hole !== opened) return;
  [layers, pictures] = [unpacked, Object.fromEntries(greyImages)];
  const [height, width] = hole.shape, middle = [hole.shape[1] / 2, hole.shape[0] / 2];
  sliders.forEach(slider => { slider.max = (slider.dataset.axis === 'x' ? height : width) - 1; });
  dialog.dataset.shown = hole.stem;
  moveCursor(...middle);
};

const addressOf = number => `#hole=${encodeURIComponent(page.holes[number].stem)}`;
const followAddress = () => {
  let stem = null;
  try { stem = decodeURIComponent(location.hash.match(/^#hole=(.*)$/s)?.[1] ?? ''); } catch { /* no name at all */ }
  const number = page.holes.findIndex(candidate => candidate.stem === stem);
  if (number >= 0) openHole(number); else if (dialog.open) dialog.close();
};
const stepBy = count => {
  const shown = visible().map(row => +row.dataset.hole), now = shown.indexOf(page.holes.indexOf(hole));
  const next = shown[now < 0 ? 0 : now + count];
  if (next !== undefined) location.replace(addressOf(next));
};

body.addEventListener('click', event => {
  if (!event.target.closest('a')) location.hash = addressOf(+event.target.closest('tr').dataset.hole);
});
addEventListener('hashchange', followAddress);
addEventListener('resize', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
const closeDialog = () => {
  dialog.close();
  history.replaceState(null, '', location.href.replace(/#.*$/s, ''));
  rows[page.holes.indexOf(hole)].querySelector('a').focus();
};
dialog.addEventListener('cancel', event => { event.preventDefault(); closeDialog(); });  // the key Esc, and going back
document.getElementById('close').addEventListener('click', closeDialog);
document.getElementById('previous').addEventListener('click', () => stepBy(-1));
document.getElementById('next').addEventListener('click', () => stepBy(1));
layer?.addEventListener('change', drawSelectedSurface);
sliders.forEach(slider => slider.addEventListener('input', () => {
  if (slider.dataset.axis === 'x') moveCursor(cursor.x, +slider.value); else moveCursor(+slider.value, cursor.y);
}));

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
dialog.addEventListener('keydown', event => {
  const [x, y] = ARROWS[event.key] ?? [0, 0], target = event.target;
  if (target === surface && event.key === 'Home') Object.assign(view, START);
  else if (!x && !y || target.matches('input, select')) return;
  else if (target === surface) turnView(x * .12, y * .08);
  else if (target.matches('canvas')) moveCursor(cursor.x + x, cursor.y + y);
  else if (x) stepBy(x);
  else return;
  event.preventDefault();
  if (target === surface) drawSelectedSurface();
});

const turnView = (turn, tilt) => {
  view.turn -= turn;
  view.tilt = Math.min(1.5, Math.max(.15, view.tilt + tilt));
};
const onDrag = (canvas, act) => {
  let last = null;
  canvas.addEventListener('pointerdown', event => { last = event; canvas.setPointerCapture(event.pointerId); act(event, event); });
  canvas.addEventListener('pointermove', event => { if (last) { act(event, last); last = event; } });
  for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { last = null; });
};
views.forEach(canvas => onDrag(canvas, event => {
  const box = canvas.getBoundingClientRect(), [height, width] = hole.shape;
  moveCursor((event.clientX - box.left) / box.width * width - .5, (event.clientY - box.top) / box.height * height - .5);
}));
if (surface) onDrag(surface, (event, last) => {
  turnView((event.clientX - last.clientX) * .01, (event.clientY - last.clientY) * .01);
  requestAnimationFrame(drawSelectedSurface);
});
followAddress();
