const WIDE = 480, HIGH = 290, EDGE = {left: 46, right: 10, top: 10, bottom: 34};

const shape = (svg, name, attributes, text = '') => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  svg.append(made);
};

// A step of 1, 2 or 5 times a power of ten that divides a length into about `count` parts.
const stepOf = (length, count) => {
  const least = length / count, power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find(times => power * times >= least * .999);
};

// The values of a map along x through a row, or along y through a column.
const along = (values, [height, width], axis, at) =>
  axis === 'x' ? [...values.subarray(at.y * width, (at.y + 1) * width)]
    : Array.from({length: height}, (_, n) => values[n * width + at.x]);

const drawCut = (svg, hole, layers, at) => {
  const axis = svg.dataset.cut, count = hole.shape[axis === 'x' ? 1 : 0], pixel = hole.pixel[axis === 'x' ? 1 : 0];
  const [, deepest] = page.ranges.depth, margin = deepest * .06;
  const x = place => EDGE.left + place / (count * pixel) * (WIDE - EDGE.left - EDGE.right);
  const y = nm => EDGE.top + (Math.min(Math.max(nm, -margin), deepest + margin) + margin) / (deepest + 2 * margin) * (HIGH - EDGE.top - EDGE.bottom);
  const points = values => values.map((nm, n) => `${x((n + .5) * pixel).toFixed(1)},${y(nm).toFixed(1)}`);
  svg.replaceChildren();
  svg.setAttribute('viewBox', `0 0 ${WIDE} ${HIGH}`);
  for (let nm = 0; nm <= deepest + 1e-6; nm += page.tick) {
    shape(svg, 'line', {x1: EDGE.left, x2: WIDE - EDGE.right, y1: y(nm), y2: y(nm), class: 'grid'});
    shape(svg, 'text', {x: EDGE.left - 6, y: y(nm) + 4, class: 'left'}, `${+nm.toPrecision(6)}`);
  }
  const step = stepOf(count * pixel, 5);
  for (let place = 0; place <= count * pixel; place += step) {
    shape(svg, 'line', {x1: x(place), x2: x(place), y1: HIGH - EDGE.bottom, y2: HIGH - EDGE.bottom + 4, class: 'tick'});
    shape(svg, 'text', {x: x(place), y: HIGH - EDGE.bottom + 16, class: 'below'}, `${+place.toPrecision(6)}`);
  }
  shape(svg, 'text', {x: WIDE - EDGE.right, y: HIGH - 3, class: 'left'}, `${axis} [${page.unit}]`);
  shape(svg, 'text', {x: -EDGE.top, y: 11, class: 'left', transform: 'rotate(-90)'}, 'depth [nm]');
  const cut = Object.fromEntries(Object.entries(layers).map(([name, values]) => [name, along(values, hole.shape, axis, at)]));
  if (cut.depth && cut.interval) {
    const [upper, lower] = [-1, 1].map(sign => points(cut.depth.map((nm, n) => nm + sign * cut.interval[n])));
    shape(svg, 'polygon', {points: [...upper, ...lower.reverse()].join(' '), class: 'band'});
  }
  if (cut.truth) shape(svg, 'polyline', {points: points(cut.truth).join(' '), class: 'truth'});
  if (cut.depth) shape(svg, 'polyline', {points: points(cut.depth).join(' '), class: 'found'});
  const here = x((at[axis] + .5) * pixel);
  shape(svg, 'line', {x1: here, x2: here, y1: EDGE.top, y2: HIGH - EDGE.bottom, class: 'here'});
};

// The depths where the cuts cross, in words.
const reading = (hole, layers, at) => {
  const n = at.y * hole.shape[1] + at.x, said = [];
  const where = [(at.x + .5) * hole.pixel[1], (at.y + .5) * hole.pixel[0]].map(one => number(one, 0));
  if (layers.depth) said.push([page.found, `${number(layers.depth[n])}${layers.interval ? ` \u00b1 ${number(layers.interval[n])}` : ''} nm`]);
  if (layers.truth) said.push(['truth', `${number(layers.truth[n])} nm`]);
  if (layers.error) said.push(['difference', `${layers.error[n] > 0 ? '+' : ''}${number(layers.error[n])} nm`]);
  return [['at', `${where.join(', ')} ${page.unit}`], ...said];
};
