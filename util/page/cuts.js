const WIDTH = 480, HEIGHT = 290, EDGE = {left: 46, right: 10, top: 10, bottom: 34};

const addShape = (svg, name, attributes, text = '') => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  svg.append(element);
};

// A step of 1, 2 or 5 times a power of ten that divides a length into about `count` parts.
const tickStep = (length, count) => {
  const minimum = length / count, power = 10 ** Math.floor(Math.log10(minimum));
  return power * [1, 2, 5, 10].find(factor => power * factor >= minimum * .999);
};

// The values of a map along x through a row, or along y through a column.
const profile = (values, [height, width], axis, cursor) =>
  axis === 'x' ? [...values.subarray(cursor.y * width, (cursor.y + 1) * width)]
    : Array.from({length: height}, (_, n) => values[n * width + cursor.x]);

const drawCut = (svg, hole, layers, cursor) => {
  const axis = svg.dataset.cut, count = hole.shape[axis === 'x' ? 1 : 0], pixel = hole.pixel[axis === 'x' ? 1 : 0];
  const [, deepest] = page.ranges.depth, margin = deepest * .06;
  const x = length => EDGE.left + length / (count * pixel) * (WIDTH - EDGE.left - EDGE.right);
  const clip = nm => Math.min(Math.max(nm, -margin), deepest + margin);
  const y = nm => EDGE.top + (clip(nm) + margin) / (deepest + 2 * margin) * (HEIGHT - EDGE.top - EDGE.bottom);
  const toPoints = values => values.map((nm, n) => `${x((n + .5) * pixel).toFixed(1)},${y(nm).toFixed(1)}`);
  svg.replaceChildren();
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  for (let nm = 0; nm <= deepest + 1e-6; nm += page.tick) {
    addShape(svg, 'line', {x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(nm), y2: y(nm), class: 'grid'});
    addShape(svg, 'text', {x: EDGE.left - 6, y: y(nm) + 4, class: 'left'}, `${+nm.toPrecision(6)}`);
  }
  const step = tickStep(count * pixel, 5);
  for (let length = 0; length <= count * pixel; length += step) {
    addShape(svg, 'line', {x1: x(length), x2: x(length), y1: HEIGHT - EDGE.bottom, y2: HEIGHT - EDGE.bottom + 4, class: 'tick'});
    addShape(svg, 'text', {x: x(length), y: HEIGHT - EDGE.bottom + 16, class: 'below'}, `${+length.toPrecision(6)}`);
  }
  addShape(svg, 'text', {x: WIDTH - EDGE.right, y: HEIGHT - 3, class: 'left'}, `${axis} [${page.unit}]`);
  addShape(svg, 'text', {x: -EDGE.top, y: 11, class: 'left', transform: 'rotate(-90)'}, 'depth [nm]');
  const cut = Object.fromEntries(
    Object.entries(layers).map(([name, values]) => [name, profile(values, hole.shape, axis, cursor)]));
  if (cut.depth && cut.u90) {
    const [upper, lower] = [-1, 1].map(sign => toPoints(cut.depth.map((nm, n) => nm + sign * cut.u90[n])));
    addShape(svg, 'polygon', {points: [...upper, ...lower.reverse()].join(' '), class: 'band'});
  }
  if (cut.truth) addShape(svg, 'polyline', {points: toPoints(cut.truth).join(' '), class: 'truth'});
  if (cut.depth) addShape(svg, 'polyline', {points: toPoints(cut.depth).join(' '), class: 'predicted'});
  const position = x((cursor[axis] + .5) * pixel);
  addShape(svg, 'line', {x1: position, x2: position, y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: 'cursor'});
};

// The depths where the cuts cross: [class, label, text] of each.
const readDepths = (hole, layers, cursor) => {
  const n = cursor.y * hole.shape[1] + cursor.x, depths = [];
  const position = [(cursor.x + .5) * hole.pixel[1], (cursor.y + .5) * hole.pixel[0]].map(length => format(length, 0));
  const u90 = layers.u90 ? ` \u00b1 ${format(layers.u90[n])}` : '', sign = layers.error?.[n] > 0 ? '+' : '';
  if (layers.depth) depths.push(['predicted', page.predicted, `${format(layers.depth[n])}${u90} nm`]);
  if (layers.truth) depths.push(['truth', 'ground truth', `${format(layers.truth[n])} nm`]);
  if (layers.error) depths.push(['difference', 'difference', `${sign}${format(layers.error[n])} nm`]);
  return [['position', 'at', `${position.join(', ')} ${page.unit}`], ...depths];
};
