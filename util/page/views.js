const dialog = document.getElementById('hole');
const views = [...dialog.querySelectorAll('canvas[data-view]')];
const MIN_VIEW = 90, MAX_ZOOM = 64, NEAR = 4;
// What the dialog shows: a hole or a field, its layers, its pictures by view, its contours by view.
let hole = null, layers = {}, pictures = {}, contours = {}, ranges = page.ranges;
let cursor = {x: 0, y: 0}, hover = null, line = null;  // pixels of the map; `line` is {from, to}
let part = {zoom: 1, x: 0, y: 0};  // the part of the maps that all views show: its left and top pixel

const prepareViews = () => {
  pictures = {}; contours = {};
  ranges = document.getElementById('scale')?.value === 'own' ? ownRanges(layers) : page.ranges;
  for (const {dataset: {view}} of views) {
    if (!layers[view]) continue;
    pictures[view] = paintMap(layers[view], hole.shape, KINDS[view], ranges);
    contours[view] = contoursOf(view, hole, layers);
  }
  views.forEach(canvas => { canvas.parentElement.hidden = !layers[canvas.dataset.view]; });
  drawLegends(dialog, ranges);
  dialog.querySelectorAll('.legend').forEach(legend => {
    legend.hidden = !Object.keys(layers).some(name => KINDS[name] === legend.dataset.kind);
  });
};

// Makes the views as large as the window allows: as many beside each other as gives the largest maps.
const layoutViews = () => {
  const shown = views.filter(canvas => !canvas.parentElement.hidden), [height, width] = hole.shape;
  const box = shown[0].closest('.views'), gap = 12, caption = 26;
  const free = (innerHeight - dialog.querySelector('header').offsetHeight - 110) * (innerWidth < 640 ? 2 : 1);
  const sizes = shown.map((_, n) => {
    const columns = n + 1, rows = Math.ceil(shown.length / columns);
    const across = (box.clientWidth - gap * n) / columns, down = Math.max(free, innerHeight * .6) / rows - caption;
    return Math.max(MIN_VIEW, Math.min(across, down * width / height));
  });
  const size = Math.min(box.clientWidth, Math.max(...sizes));
  box.style.setProperty('--columns', sizes.findIndex(other => other >= size) + 1);
  box.style.setProperty('--view', `${Math.floor(size)}px`);
  for (const canvas of shown) {
    const ratio = devicePixelRatio;
    canvas.style.aspectRatio = `${width} / ${height}`;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientWidth * ratio * height / width);
  }
};

const strokeTwice = (context, path, colour, width, dashes = []) => {
  context.setLineDash(dashes); context.lineCap = dashes.length ? 'butt' : 'round';
  context.lineWidth = 2 * width; context.strokeStyle = 'rgb(0 0 0 / 35%)'; context.stroke(path);
  context.lineWidth = width; context.strokeStyle = colour; context.stroke(path);
};
const addCross = (path, {x, y}, gap, [height, width]) => {
  for (const [a, b, c, d] of [[-1e4, 0, -gap, 0], [gap, 0, 1e4, 0], [0, -1e4, 0, -gap], [0, gap, 0, 1e4]]) {
    path.moveTo(Math.max(0, x + .5 + a), Math.max(0, y + .5 + b));
    path.lineTo(Math.min(width, x + .5 + c), Math.min(height, y + .5 + d));
  }
};

// One view: its picture, contours, the holes of a field, the cross of the cuts, and the line of the profile.
const drawView = canvas => {
  const name = canvas.dataset.view, context = canvas.getContext('2d'), scale = canvas.width / hole.shape[1] * part.zoom;
  const dot = devicePixelRatio / scale, ink = name === 'error' || name === 'u90' ? 'rgb(0 0 0 / 60%)' : 'rgb(255 255 255 / 80%)';
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -part.x * scale, -part.y * scale);
  context.imageSmoothingEnabled = false;
  context.drawImage(pictures[name], 0, 0);
  for (const [path, colour, dashed] of contours[name]) {
    strokeTwice(context, path, colour, 1.5 * dot, dashed ? [4 * dot, 4 * dot] : []);
  }
  drawBoxes(context, dot);
  const cross = new Path2D();
  addCross(cross, cursor, 3, hole.shape);
  if (hover) addCross(cross, hover, Math.max(.5, 4 * dot), [hover.y + 1 + 12 * dot, hover.x + 1 + 12 * dot]);
  context.setLineDash([]); context.lineWidth = dot; context.strokeStyle = ink; context.stroke(cross);
  if (!line) return;
  const path = new Path2D();
  path.moveTo(line.from.x + .5, line.from.y + .5);
  path.lineTo(line.to.x + .5, line.to.y + .5);
  strokeTwice(context, path, '#ffd23e', 2 * dot);
};
const drawBoxes = (context, dot) => {
  context.setLineDash([]); context.lineJoin = 'round'; context.fillStyle = '#ffe08a';
  context.font = `${12 * dot}px system-ui, sans-serif`;
  (hole.boxes ?? []).forEach(([, top, left, height, width], n) => {
    context.lineWidth = 1.5 * dot; context.strokeStyle = '#ff5a4d';
    context.strokeRect(left, top, width, height);
    context.lineWidth = 3 * dot; context.strokeStyle = '#000a';
    context.strokeText(`${n}`, left + 2 * dot, top - 3 * dot);
    context.fillText(`${n}`, left + 2 * dot, top - 3 * dot);
  });
};
const drawViews = () => views.filter(canvas => !canvas.parentElement.hidden).forEach(drawView);

// What is known at a pixel: [class, label, text] of each.
const readPixel = ({x, y}) => {
  const n = y * hole.shape[1] + x, [down, across] = hole.pixel, at = name => layers[name][n], known = [];
  const place = [(x + .5) * across, (y + .5) * down].map(length => format(length, across < 1 ? 2 : across < 10 ? 1 : 0));
  known.push(['position', 'x', `${place[0]} ${page.unit}`], ['position', 'y', `${place[1]} ${page.unit}`]);
  known.push(['grey', 'grey', `${Math.round(at('SEM'))}`]);
  if (layers.depth) known.push(['predicted', page.predicted, `${layers.u90 ? formatInterval(at('depth'), at('u90')) : format(at('depth'))} nm`]);
  if (layers.truth) known.push(['truth', 'ground truth', `${format(at('truth'))} nm`]);
  if (layers.error) known.push(['difference', 'predicted \u2212 true', `${at('error') > 0 ? '+' : ''}${format(at('error'))} nm`]);
  return known;
};
const showReadings = () => {
  const readings = document.getElementById('readings');
  readings.replaceChildren();
  for (const [className, label, text] of readPixel(hover ?? cursor)) {
    addElement(addElement(readings, 'span', `${label} `, {className}), 'b', text);
  }
};

const clampPixel = ({x, y}) => {
  const [height, width] = hole.shape, clamp = (value, size) => Math.min(size - 1, Math.max(0, Math.round(value)));
  return {x: clamp(x, width), y: clamp(y, height)};
};
const pixelAt = (canvas, event) => {
  const box = canvas.getBoundingClientRect(), [height, width] = hole.shape;
  return {x: (event.clientX - box.left) / box.width * width / part.zoom + part.x - .5,
    y: (event.clientY - box.top) / box.height * height / part.zoom + part.y - .5};
};
const movePart = (zoom, x, y) => {
  const [height, width] = hole.shape, clamp = (value, size) => Math.min(size - size / zoom, Math.max(0, value));
  part = {zoom, x: clamp(x, width), y: clamp(y, height)};
  drawViews();
};
// Zooms all views by a factor so that a pixel stays where it is.
const zoomBy = (factor, {x, y} = cursor) => {
  const zoom = Math.min(MAX_ZOOM, Math.max(1, part.zoom * factor)), stays = part.zoom / zoom;
  movePart(zoom, x + .5 - (x + .5 - part.x) * stays, y + .5 - (y + .5 - part.y) * stays);
};
const pan = (x, y) => movePart(part.zoom, part.x + x, part.y + y);
