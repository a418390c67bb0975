'use strict';
document.documentElement.classList.add('js');
const page = JSON.parse(document.getElementById('data').textContent);
const decode = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~';
const DIGIT = new Uint8Array(128).map((_, code) => DIGITS.indexOf(String.fromCharCode(code)));

// The bytes of a base85 text: five digits are four bytes, and at the end n + 1 digits are n bytes.
const decode85 = text => {
  const count = Math.floor(text.length * 4 / 5), bytes = new DataView(new ArrayBuffer(4 * Math.ceil(text.length / 5)));
  for (let n = 0; n < text.length; n += 5) {
    let value = 0;
    for (let m = n; m < n + 5; m++) value = 85 * value + (m < text.length ? DIGIT[text.charCodeAt(m)] : 84);
    bytes.setUint32(n / 5 * 4, value);
  }
  return new Uint8Array(bytes.buffer, 0, count);
};
const tables = Object.fromEntries(Object.entries(page.tables).map(([kind, text]) => [kind, decode(text)]));
const KINDS = {SEM: 'grey', contour: 'grey', depth: 'depth', truth: 'depth', error: 'error', u90: 'u90'};
const CONTOUR_COLOURS = {top: '#fff', half: '#ff5a4d', bottom: '#fff'}, TRUE_COLOUR = '#4ccb7a';
const LABELS = {truth: 'ground truth', u90: 'U90'};
const format = (value, decimals = 1) => value.toFixed(decimals).replace(/^-(?=0\.?0*$)/, '').replace('-', '\u2212');

// A value and its U90, which has two significant digits; both end at the same place.
const formatInterval = (value, u90) => {
  if (!(u90 > 0)) return `${format(value)} \u00b1 < ${+(page.step / 2).toPrecision(1)}`;
  const decimals = 1 - Math.floor(Math.log10(+u90.toPrecision(2)));
  const round = number => Math.round(number * 10 ** decimals) / 10 ** decimals;
  return `${format(round(value), Math.max(0, decimals))} \u00b1 ${format(round(u90), Math.max(0, decimals))}`;
};

// A step of 1, 2 or 5 times a power of ten that divides a length into at most `count` parts.
const tickStep = (length, count) => {
  const minimum = length / count, power = 10 ** Math.floor(Math.log10(minimum));
  return power * [1, 2, 5, 10].find(factor => power * factor >= minimum * .999);
};

// The layers of a hole or a field by name, row after row: lengths in nm, grey levels, masks. See packing.py.
const unpackLayers = async hole => {
  const [height, width] = hole.shape, size = height * width, count = size * hole.layers.length, layers = {};
  const stream = new Blob([decode85(hole.data)]).stream().pipeThrough(new DecompressionStream('deflate'));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  hole.layers.forEach((name, n) => {
    const numbers = new Int16Array(size), step = ['SEM', 'hole', 'true_hole'].includes(name) ? 1 : page.step;
    for (let i = 0, m = 0, place = n * size; i < height; i++) for (let j = 0, down = 0; j < width; j++, m++, place++) {
      const zigzag = planes[place] | planes[count + place] << 8;
      down += zigzag >>> 1 ^ -(zigzag & 1);
      numbers[m] = down + (i ? numbers[m - width] : 0);
    }
    layers[name] = Float32Array.from(numbers, value => value * step);
  });
  if (layers.depth && layers.truth) layers.error = layers.depth.map((value, n) => value - layers.truth[n]);
  if (layers.hole) layers.contour = layers.SEM;
  return layers;
};

// The range of the colours of each kind [nm]: of the page, or of one hole's layers.
const largest = (values, floor) => values.reduce((most, value) => Math.max(most, Math.abs(value)), floor);
const ownRanges = layers => ({
  depth: [0, Math.max(...['depth', 'truth'].map(name => largest(layers[name] ?? [], page.step)))],
  error: [-1, 1].map(sign => sign * largest(layers.error ?? [], page.step)),
  u90: [0, largest(layers.u90 ?? [], page.step)],
});

// A map as a picture with one dot a pixel.
const paintMap = (values, [height, width], kind, ranges) => {
  const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d');
  const image = context.createImageData(width, height), dots = new Uint32Array(image.data.buffer);
  const [low, high] = kind === 'grey' ? [0, 255] : ranges[kind], table = tables[kind];
  const colours = Uint32Array.from({length: 256}, (_, n) => kind === 'grey' ? 0xff000000 | n << 16 | n << 8 | n
    : 0xff000000 | table[3 * n + 2] << 16 | table[3 * n + 1] << 8 | table[3 * n]);
  for (let n = 0; n < dots.length; n++) {
    dots[n] = colours[Math.round(255 * Math.min(1, Math.max(0, (values[n] - low) / (high - low))))];
  }
  context.putImageData(image, 0, 0);
  return canvas;
};

// The contour of a map at a value, by marching squares, linear between the centres of pixels; in pixels of the map.
const contourPath = (values, [height, width], level) => {
  const path = new Path2D();
  for (let i = 0; i < height - 1; i++) for (let j = 0; j < width - 1; j++) {
    const n = i * width + j, high = [n, n + 1, n + width + 1, n + width].map(corner => values[corner] > level);
    if (high[0] === high[1] && high[1] === high[2] && high[2] === high[3]) continue;
    const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]], points = [];
    corners.forEach(([y, x], corner) => {
      const [v, u] = corners[(corner + 1) % 4], a = values[y * width + x] - level, b = values[v * width + u] - level;
      if ((a > 0) !== (b > 0)) points.push([x + .5 + (u - x) * a / (a - b), y + .5 + (v - y) * a / (a - b)]);
    });
    for (let point = 0; point + 1 < points.length; point += 2) {
      path.moveTo(...points[point]);
      path.lineTo(...points[point + 1]);
    }
  }
  return path;
};

// The contours that a view shows: [path, colour, whether it is dashed] of each.
const contoursOf = (name, hole, layers) => {
  if (name === 'contour') {
    return [['true_hole', TRUE_COLOUR], ['hole', CONTOUR_COLOURS.half]].filter(([layer]) => layers[layer])
      .map(([layer, colour]) => [contourPath(layers[layer], hole.shape, .5), colour, false]);
  }
  const shown = {SEM: ['depth', 'truth'], depth: ['depth'], truth: ['truth']}[name] ?? [];
  return shown.flatMap(layer => Object.entries(hole.plateaus?.[layer] ? page.fractions : {})
    .filter(([edge]) => name !== 'SEM' || edge === 'half')
    .map(([edge, fraction]) => {
      const isTruth = name === 'SEM' && layer === 'truth';
      const path = contourPath(layers[layer], hole.shape, fraction * hole.plateaus[layer]);
      return [path, isTruth ? TRUE_COLOUR : CONTOUR_COLOURS[edge], isTruth];
    }));
};

// Writes the ticks of the colour bars in an element.
const drawLegends = (parent, ranges) => parent.querySelectorAll('.legend').forEach(legend => {
  const [low, high] = ranges[legend.dataset.kind], step = tickStep(high - low, 4), ticks = legend.querySelector('.ticks');
  ticks.replaceChildren();
  for (let n = Math.ceil(low / step - 1e-6); n * step <= high + step * 1e-6; n++) {
    const sign = low < 0 && n > 0 ? '+' : '', tick = document.createElement('span');
    tick.textContent = `${sign}${+(n * step).toPrecision(6)}`.replace('-', '\u2212');
    tick.style.left = `${(n * step - low) / (high - low) * 100}%`;
    ticks.append(tick);
  }
});
drawLegends(document, page.ranges);
