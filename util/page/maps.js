const page = JSON.parse(document.getElementById('data').textContent);
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
const tables = Object.fromEntries(Object.entries(page.tables).map(([kind, text]) => [kind, bytes(text)]));
const KINDS = {depth: 'depth', truth: 'depth', error: 'error', interval: 'interval'};
const LINES = {top: '#fff', half: '#ff5a4d', bottom: '#fff'};
const number = (value, decimals = 1) => value.toFixed(decimals).replace('-', '\u2212');

// Where a length's colour lies in its table of 256 colours, three bytes each.
const place = (kind, nm) => {
  const [low, high] = page.ranges[kind];
  return 3 * Math.round(255 * Math.min(1, Math.max(0, (nm - low) / (high - low))));
};

// The maps of a hole in nm by name, row after row.
const unpacked = async hole => {
  const found = {}, size = hole.shape[0] * hole.shape[1];
  if (!hole.layers.length) return found;
  const stream = new Blob([bytes(hole.data)]).stream().pipeThrough(new DecompressionStream('deflate'));
  const numbers = new Int16Array(await new Response(stream).arrayBuffer());
  hole.layers.forEach((name, n) => {
    found[name] = Float32Array.from(numbers.subarray(n * size, (n + 1) * size), value => value * page.step);
  });
  if (found.depth && found.truth) found.error = found.depth.map((value, n) => value - found.truth[n]);
  return found;
};

// A canvas as fine as the screen, and how many of its dots an image's pixel takes.
const sized = (canvas, [height, width]) => {
  const times = Math.max(1, Math.round((canvas.clientWidth || 160) * devicePixelRatio / width));
  canvas.width = width * times; canvas.height = height * times;
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = false;
  return [context, times];
};

const painted = (values, [height, width], kind) => {
  const small = new OffscreenCanvas(width, height), context = small.getContext('2d');
  const image = context.createImageData(width, height), table = tables[kind];
  values.forEach((nm, n) => {
    image.data.set(table.subarray(place(kind, nm), place(kind, nm) + 3), 4 * n);
    image.data[4 * n + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  return small;
};

// The contour of a map at a depth, by marching squares, linear between the centres of pixels.
const contour = (values, [height, width], nm, times) => {
  const path = new Path2D();
  for (let i = 0; i < height - 1; i++) for (let j = 0; j < width - 1; j++) {
    const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]];
    const points = [];
    corners.forEach(([y, x], n) => {
      const [v, u] = corners[(n + 1) % 4], a = values[y * width + x] - nm, b = values[v * width + u] - nm;
      if ((a > 0) !== (b > 0)) points.push([x + (u - x) * a / (a - b), y + (v - y) * a / (a - b)]);
    });
    for (let n = 0; n + 1 < points.length; n += 2) {
      path.moveTo(...points[n].map(one => (one + .5) * times)); path.lineTo(...points[n + 1].map(one => (one + .5) * times));
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
const drawView = (canvas, hole, layers, pictures, at) => {
  const [context, times] = sized(canvas, hole.shape), name = canvas.dataset.view, line = 1.5 * devicePixelRatio;
  const picture = pictures[name] ?? (layers[name] && painted(layers[name], hole.shape, KINDS[name]));
  if (picture) context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const drawn = {SEM: ['depth', 'truth'], depth: ['depth'], truth: ['truth']}[name] ?? [];
  for (const layer of drawn) {
    const plateau = hole.plateaus?.[layer];
    for (const [where, share] of plateau ? Object.entries(page.shares) : []) {
      if (name === 'SEM' && where !== 'half') continue;
      const truth = name === 'SEM' && layer === 'truth';
      stroke(context, contour(layers[layer], hole.shape, share * plateau, times), truth ? '#4ccb7a' : LINES[where],
        line, truth ? [3 * line, 3 * line] : []);
    }
  }
  if (!layers.depth && !layers.truth) return;
  const cross = new Path2D(), x = (at.x + .5) * times, y = (at.y + .5) * times, gap = 3 * times;
  for (const [a, b, c, d] of [[0, y, x - gap, y], [x + gap, y, canvas.width, y], [x, 0, x, y - gap], [x, y + gap, x, canvas.height]]) {
    cross.moveTo(a, b); cross.lineTo(c, d);
  }
  context.setLineDash([]); context.lineWidth = devicePixelRatio;
  context.strokeStyle = name === 'error' || name === 'interval' ? 'rgb(0 0 0 / 55%)' : 'rgb(255 255 255 / 75%)';
  context.stroke(cross);
};
