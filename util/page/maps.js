const page = JSON.parse(document.getElementById('data').textContent);
const decode = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
const tables = Object.fromEntries(Object.entries(page.tables).map(([kind, text]) => [kind, decode(text)]));
const KINDS = {depth: 'depth', truth: 'depth', error: 'error', u90: 'u90'};
const CONTOUR_COLOURS = {top: '#fff', half: '#ff5a4d', bottom: '#fff'};
const format = (value, decimals = 1) => value.toFixed(decimals).replace('-', '\u2212');

// Index of a length's colour in its table of 256 colours, three bytes each.
const colourIndex = (kind, nm) => {
  const [low, high] = page.ranges[kind];
  return 3 * Math.round(255 * Math.min(1, Math.max(0, (nm - low) / (high - low))));
};

// The maps of a hole in nm by name, row after row.
const unpackLayers = async hole => {
  const layers = {}, size = hole.shape[0] * hole.shape[1];
  if (!hole.layers.length) return layers;
  const stream = new Blob([decode(hole.data)]).stream().pipeThrough(new DecompressionStream('deflate'));
  const numbers = new Int16Array(await new Response(stream).arrayBuffer());
  hole.layers.forEach((name, n) => {
    layers[name] = Float32Array.from(numbers.subarray(n * size, (n + 1) * size), value => value * page.step);
  });
  if (layers.depth && layers.truth) layers.error = layers.depth.map((value, n) => value - layers.truth[n]);
  return layers;
};

// Sets a canvas to the resolution of the screen; returns its context, and how many of its dots an image's pixel takes.
const resizeCanvas = (canvas, [height, width]) => {
  const scale = Math.max(1, Math.round((canvas.clientWidth || 160) * devicePixelRatio / width));
  canvas.width = width * scale; canvas.height = height * scale;
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = false;
  return [context, scale];
};

const paintMap = (values, [height, width], kind) => {
  const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d');
  const image = context.createImageData(width, height), table = tables[kind];
  values.forEach((nm, n) => {
    image.data.set(table.subarray(colourIndex(kind, nm), colourIndex(kind, nm) + 3), 4 * n);
    image.data[4 * n + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  return canvas;
};

// The contour of a map at a depth, by marching squares, linear between the centres of pixels.
const contourPath = (values, [height, width], nm, scale) => {
  const path = new Path2D();
  for (let i = 0; i < height - 1; i++) for (let j = 0; j < width - 1; j++) {
    const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]];
    const points = [];
    corners.forEach(([y, x], n) => {
      const [v, u] = corners[(n + 1) % 4], a = values[y * width + x] - nm, b = values[v * width + u] - nm;
      if ((a > 0) !== (b > 0)) points.push([x + (u - x) * a / (a - b), y + (v - y) * a / (a - b)]);
    });
    for (let n = 0; n + 1 < points.length; n += 2) {
      path.moveTo(...points[n].map(value => (value + .5) * scale));
      path.lineTo(...points[n + 1].map(value => (value + .5) * scale));
    }
  }
  return path;
};

const stroke = (context, path, colour, width, dashes = []) => {
  context.setLineDash(dashes); context.lineCap = dashes.length ? 'butt' : 'round';
  context.lineWidth = width + 2 * devicePixelRatio; context.strokeStyle = 'rgb(0 0 0 / 35%)'; context.stroke(path);
  context.lineWidth = width; context.strokeStyle = colour; context.stroke(path);
};

// One view of a hole: a picture or a map, its contours, and the cross of the cuts.
const drawView = (canvas, hole, layers, pictures, cursor) => {
  const [context, scale] = resizeCanvas(canvas, hole.shape), name = canvas.dataset.view, line = 1.5 * devicePixelRatio;
  const picture = pictures[name] ?? (layers[name] && paintMap(layers[name], hole.shape, KINDS[name]));
  if (picture) context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const contoured = {SEM: ['depth', 'truth'], depth: ['depth'], truth: ['truth']}[name] ?? [];
  for (const layer of contoured) {
    const plateau = hole.plateaus?.[layer];
    for (const [edge, fraction] of plateau ? Object.entries(page.fractions) : []) {
      if (name === 'SEM' && edge !== 'half') continue;
      const isTruth = name === 'SEM' && layer === 'truth';
      stroke(context, contourPath(layers[layer], hole.shape, fraction * plateau, scale),
        isTruth ? '#4ccb7a' : CONTOUR_COLOURS[edge], line, isTruth ? [3 * line, 3 * line] : []);
    }
  }
  if (!layers.depth && !layers.truth) return;
  const cross = new Path2D(), x = (cursor.x + .5) * scale, y = (cursor.y + .5) * scale, gap = 3 * scale;
  for (const [a, b, c, d] of [[0, y, x - gap, y], [x + gap, y, canvas.width, y], [x, 0, x, y - gap], [x, y + gap, x, canvas.height]]) {
    cross.moveTo(a, b); cross.lineTo(c, d);
  }
  context.setLineDash([]); context.lineWidth = devicePixelRatio;
  context.strokeStyle = name === 'error' || name === 'u90' ? 'rgb(0 0 0 / 55%)' : 'rgb(255 255 255 / 75%)';
  context.stroke(cross);
};
