const sliders = [...dialog.querySelectorAll('input[data-axis]')];
const surface = document.getElementById('surface'), layer = document.getElementById('layer');
const [drag, scale] = ['drag', 'scale'].map(id => document.getElementById(id));
const START = {turn: -.6, tilt: .75}, view = {...START};
const fieldOfHole = new Map(page.fields.flatMap((field, n) => field.boxes.map(([stem]) => [stem, n])));

const draw = (fresh = false) => {
  if (!hole || !dialog.open) return;
  drawViews();
  showReadings();
  drawProfiles(fresh);
  sliders.forEach(slider => { slider.value = cursor[slider.dataset.axis === 'x' ? 'y' : 'x']; });
};
const drawSelectedSurface = () => {
  const values = layers[layer?.value] ?? layers.depth ?? layers.truth;
  if (!surface || !values) return;
  const proportions = drawSurface(surface, hole, values, view);
  document.getElementById('proportions').textContent = `Drag or arrow keys turn it, Home turns it back; ${proportions}.`;
};
const drawAll = () => {
  if (!hole || !dialog.open) return;
  layoutViews();
  draw(true);
  drawSelectedSurface();
};
const moveCursor = (x, y) => { cursor = clampPixel({x, y}); draw(); };

// Which contours the views show, in words.
const describeContours = ({plateaus, boxes}) => {
  if (boxes) return 'A click on a hole opens it, as do the numbers above.';
  if (layers.hole) return `The predicted hole is red${layers.true_hole ? ', ground truth green' : ''}.`;
  if (!plateaus) return '';
  const percents = Object.values(page.fractions).map(fraction => `${fraction * 100}`).join(', ');
  const truth = plateaus.truth ? ', ground truth green' : '';
  return `Contours at ${percents} % of the plateau's depth; in the SEM image at half: predicted red${truth}.`;
};

// The measurements of which anything is known: [label, unit, meaning, predicted, true, predicted - true] of each.
const knownMeasurements = () => hole.measurements.map((texts, n) => [...page.quantities[n], ...texts])
  .filter(([, , , ...texts]) => texts.some(text => text));
const showMeasurements = () => {
  const body = document.getElementById('measurements'), known = knownMeasurements();
  if (!body) return;
  const section = body.closest('section'), hasTruth = known.some(([, , , , truth]) => truth);
  section.hidden = !known.length;
  section.classList.toggle('without-truth', !hasTruth);
  body.replaceChildren();
  for (const [label, unit, meaning, ...texts] of known) {
    const row = addElement(body, 'tr', '');
    addElement(addElement(row, 'th', label, {scope: 'row', title: meaning}), 'small', meaning);
    texts.forEach(text => addElement(row, 'td', text || '\u2013'));
    addElement(row, 'td', unit);
  }
};
const showFacts = () => {
  document.getElementById('hole-name').textContent = hole.stem;
  const facts = document.getElementById('hole-facts'), boxes = document.getElementById('boxes');
  const toField = document.getElementById('to-field'), field = fieldOfHole.get(hole.stem);
  facts.replaceChildren();
  hole.facts.forEach(text => addElement(facts, 'span', text));
  toField.hidden = field === undefined || !!hole.boxes;
  if (!toField.hidden) toField.href = addressOfField(field);
  boxes.hidden = !hole.boxes;
  boxes.replaceChildren();
  hole.boxes?.forEach(([stem], n) => addElement(boxes, 'a', `${n}`, {href: `#hole=${encodeURIComponent(stem)}`, title: stem}));
  document.getElementById('contours').textContent = describeContours(hole);
  showMeasurements();
};

const openView = async subject => {
  if (hole === subject && dialog.open) return;
  hole = subject;
  if (!dialog.open) dialog.showModal();
  const unpacked = await unpackLayers(subject);
  if (hole !== subject) return;
  const [height, width] = hole.shape;
  Object.assign(view, START);
  layers = unpacked; hover = line = null; part = {zoom: 1, x: 0, y: 0};
  cursor = clampPixel({x: width / 2, y: height / 2});
  showFacts();
  prepareViews();
  sliders.forEach(slider => { slider.max = (slider.dataset.axis === 'x' ? height : width) - 1; });
  drawAll();
  dialog.dataset.shown = hole.stem;
};

const addressOfField = number => `#field=${encodeURIComponent(page.fields[number].stem)}`;
const followAddress = () => {
  const [, kind, name] = location.hash.match(/^#(hole|field)=(.*)$/s) ?? [];
  let stem = null;
  try { stem = decodeURIComponent(name ?? ''); } catch { /* no name at all */ }
  const subject = page[kind === 'field' ? 'fields' : 'holes'].find(candidate => candidate.stem === stem);
  if (subject) openView(subject); else if (dialog.open) dialog.close();
};
const stepBy = count => {
  const shown = order.filter(number => page.rows[number][5] >= 0);
  const subjects = hole.boxes ? page.fields : shown.map(number => page.holes[page.rows[number][5]]), now = subjects.indexOf(hole);
  const next = subjects[now < 0 ? 0 : now + count];
  if (next) location.replace(`#${hole.boxes ? 'field' : 'hole'}=${encodeURIComponent(next.stem)}`);
};
const closeDialog = () => {
  dialog.close();
  history.replaceState(null, '', location.href.replace(/#.*$/s, ''));
  const row = page.rows.findIndex(([stem]) => stem === hole.stem);
  if (row >= 0) focusRow(order.indexOf(row)); else document.querySelector('a.field')?.focus();
};
addEventListener('hashchange', followAddress);
addEventListener('resize', drawAll);
for (const name of ['beforeprint', 'afterprint']) addEventListener(name, drawAll);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
dialog.addEventListener('cancel', event => { event.preventDefault(); closeDialog(); });  // the key Esc, and going back
for (const [id, act] of Object.entries({
  close: closeDialog, previous: () => stepBy(-1), next: () => stepBy(1),
  'zoom-in': () => zoomBy(1.5), 'zoom-out': () => zoomBy(1 / 1.5), fit: () => movePart(1, 0, 0),
})) document.getElementById(id).addEventListener('click', act);
layer?.addEventListener('change', drawSelectedSurface);
scale?.addEventListener('change', () => { prepareViews(); draw(true); });
sliders.forEach(slider => slider.addEventListener('input', () => {
  if (slider.dataset.axis === 'x') moveCursor(cursor.x, +slider.value); else moveCursor(+slider.value, cursor.y);
}));

// A line begins at the cursor and follows it until the key is pressed again.
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
let drawsLine = false;
const onMapKey = ({key, shiftKey}) => {
  const [x, y] = ARROWS[key] ?? [0, 0], step = hole.shape[1] / part.zoom / 10;
  if (key === '+' || key === '=') zoomBy(1.5);
  else if (key === '-') zoomBy(1 / 1.5);
  else if (key === '0') movePart(1, 0, 0);
  else if (key === 'l' || key === 'L') {
    drawsLine = !drawsLine;
    if (drawsLine) line = {from: cursor, to: cursor};
    draw();
  } else if (!x && !y) return false;
  else if (shiftKey) pan(x * step, y * step);
  else {
    hover = null;
    const to = clampPixel({x: cursor.x + x, y: cursor.y + y});
    if (drawsLine) line = {from: line.from, to};
    moveCursor(to.x, to.y);
  }
  return true;
};
dialog.addEventListener('keydown', event => {
  const [x, y] = ARROWS[event.key] ?? [0, 0], target = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (target.matches('canvas[data-view]')) { if (!onMapKey(event)) return; }
  else if (target === surface && event.key === 'Home') Object.assign(view, START);
  else if (!x && !y || target.matches('input, select')) return;
  else if (target === surface) turnView(x * .12, y * .08);
  else if (x) stepBy(x);
  else return;
  event.preventDefault();
  if (target === surface) drawSelectedSurface();
});

const turnView = (turn, tilt) => {
  view.turn -= turn;
  view.tilt = Math.min(1.5, Math.max(.15, view.tilt + tilt));
};
// Calls `act(event, last, first)` while a canvas is dragged, and `end(first)` where it was pressed and not dragged.
const onDrag = (canvas, act, end = () => {}) => {
  let last = null, first = null;
  canvas.addEventListener('pointerdown', event => {
    first = last = event;
    canvas.setPointerCapture(event.pointerId);
    act(event, event, event);
  });
  canvas.addEventListener('pointermove', event => { if (last) { act(event, last, first); last = event; } });
  for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, event => {
    if (last && Math.hypot(event.clientX - first.clientX, event.clientY - first.clientY) < NEAR) end(first);
    last = null;
  });
};
const openHoleAt = ({x, y}) => {
  const box = hole.boxes?.find(([, top, left, height, width]) => y >= top && y <= top + height && x >= left && x <= left + width);
  if (box) location.hash = `#hole=${encodeURIComponent(box[0])}`;
};
for (const canvas of views) {
  onDrag(canvas, (event, last, first) => {
    const now = pixelAt(canvas, event), before = pixelAt(canvas, last);
    if (drag.value === 'pan' || event.shiftKey) pan(before.x - now.x, before.y - now.y);
    else if (drag.value === 'line') { line = {from: clampPixel(pixelAt(canvas, first)), to: clampPixel(now)}; draw(); }
    else moveCursor(now.x, now.y);
  }, first => openHoleAt(pixelAt(canvas, first)));
  canvas.addEventListener('pointermove', event => { hover = clampPixel(pixelAt(canvas, event)); drawViews(); showReadings(); });
  canvas.addEventListener('pointerleave', () => { hover = null; drawViews(); showReadings(); });
  canvas.addEventListener('dblclick', event => zoomBy(2, pixelAt(canvas, event)));
  canvas.addEventListener('wheel', event => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 200), pixelAt(canvas, event));
  }, {passive: false});
}
if (surface) onDrag(surface, (event, last) => {
  turnView((event.clientX - last.clientX) * .01, (event.clientY - last.clientY) * .01);
  requestAnimationFrame(drawSelectedSurface);
});

document.getElementById('save-maps').addEventListener('click', event => savePng(event.target, hole.stem,
  views.filter(canvas => !canvas.parentElement.hidden).map(canvas => [LABELS[canvas.dataset.view] ?? canvas.dataset.view, canvas])));
document.getElementById('save-surface')?.addEventListener('click', event => savePng(event.target, `${hole.stem}_surface`, [['', surface]]));
document.getElementById('copy-measurements')?.addEventListener('click', event => copyText(event.target, toCsv([
  ['quantity', 'unit', 'predicted', 'ground truth', 'predicted \u2212 true'],
  ...knownMeasurements().map(([label, unit, , ...texts]) => [label, unit, ...texts.map(text => text.replace('\u2212', '-'))]),
])));
for (const canvas of document.querySelectorAll('canvas[data-field]')) {
  const field = page.fields[canvas.dataset.field], name = canvas.dataset.picture;
  unpackLayers(field).then(unpacked => {
    [canvas.height, canvas.width] = field.shape;
    canvas.getContext('2d').drawImage(paintMap(unpacked[name], field.shape, KINDS[name], page.ranges), 0, 0);
  });
}
followAddress();
