const MAX_SIDE = 110;  // squares of a surface, on each side
// A map as a surface, drawn from behind to the front. `turn` and `tilt` are angles of the view in radians.
const drawSurface = (canvas, {shape, pixel}, values, {turn, tilt}) => {
  const skip = Math.ceil(Math.sqrt(shape[0] * shape[1]) / MAX_SIDE), [down, across] = pixel.map(side => side * skip);
  const [height, width] = shape.map(side => Math.ceil(side / skip)), [, deepest] = ranges.depth;
  const at = (i, j) => values[i * skip * shape[1] + j * skip];
  const context = canvas.getContext('2d'), ratio = devicePixelRatio, ink = getComputedStyle(canvas).color;
  canvas.width = canvas.clientWidth * ratio; canvas.height = canvas.clientHeight * ratio;
  const long = Math.max(height * down, width * across), proportion = deepest / long;
  const stretch = page.unit === 'nm' && proportion > .2 && proportion < 1.6 ? 1 : .75 / proportion;
  const size = Math.hypot(height * down, width * across);
  const scale = Math.min(canvas.width * .86 / size, canvas.height * .92 / (size * Math.sin(tilt) + deepest * stretch * Math.cos(tilt)));
  const [c, s, rise, fall] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
  const toScreen = (i, j, nm) => {
    const x = (j - (width - 1) / 2) * across, y = (i - (height - 1) / 2) * down, z = deepest / 2 - nm;
    return [canvas.width / 2 + (x * c - y * s) * scale, canvas.height / 2 + ((x * s + y * c) * fall - z * stretch * rise) * scale];
  };
  const drawLine = (...points) => {
    context.beginPath();
    points.forEach(point => context.lineTo(...point));
    context.stroke();
  };
  const corners = [[0, 0], [0, width - 1], [height - 1, width - 1], [height - 1, 0], [0, 0]];
  context.strokeStyle = ink; context.fillStyle = ink; context.lineWidth = ratio; context.globalAlpha = .3;
  drawLine(...corners.map(([i, j]) => toScreen(i, j, deepest)));
  const posts = corners.slice(0, 4).sort((a, b) => toScreen(...a, 0)[0] - toScreen(...b, 0)[0]);
  for (const post of corners.slice(0, 4)) drawLine(toScreen(...post, 0), toScreen(...post, deepest));
  const points = [];
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) points.push(toScreen(i, j, at(i, j)));
  const rowOrder = [...Array(height - 1).keys()], columnOrder = [...Array(width - 1).keys()];
  if (c < 0) rowOrder.reverse();
  if (s < 0) columnOrder.reverse();
  context.globalAlpha = 1; context.lineJoin = 'round'; context.lineWidth = .8 * ratio;
  for (const i of rowOrder) for (const j of columnOrder) {
    const n = i * width + j, square = [n, n + 1, n + width + 1, n + width];
    const nm = (at(i, j) + at(i, j + 1) + at(i + 1, j + 1) + at(i + 1, j)) / 4;
    const slopes = [(at(i, j + 1) - at(i, j)) * stretch / across, (at(i + 1, j) - at(i, j)) * stretch / down];
    const light = (.35 * slopes[0] * c - .35 * slopes[1] * s + 1) / Math.hypot(...slopes, 1), shade = .62 + .38 * Math.max(0, light);
    const colour = 3 * Math.round(255 * Math.min(1, Math.max(0, nm / deepest))), [red, green, blue] = tables.depth.subarray(colour, colour + 3);
    context.fillStyle = context.strokeStyle = `rgb(${red * shade} ${green * shade} ${blue * shade})`;
    context.beginPath();
    square.forEach(corner => context.lineTo(...points[corner]));
    context.closePath(); context.fill(); context.stroke();
  }
  context.fillStyle = ink; context.textAlign = 'right'; context.textBaseline = 'middle';
  context.font = `${11 * ratio}px system-ui, sans-serif`;
  for (let nm = 0; nm <= deepest + 1e-6; nm += tickStep(deepest, 5)) {
    const [x, y] = toScreen(...posts[0], nm);
    context.fillText(`${+nm.toPrecision(6)}`, x - 6 * ratio, y);
  }
  return stretch === 1 ? 'height true to scale' : 'height not to scale';
};
