const charts = Object.fromEntries([...dialog.querySelectorAll('.cut')].map(figure => [figure.dataset.cut, figure]));
const plots = {};  // what uPlot drew, by cut
const PROFILED = ['SEM', 'depth', 'u90', 'truth'];

// A map between its pixels, bilinear.
const sample = (values, [height, width], x, y) => {
  const j = Math.min(width - 2, Math.max(0, Math.floor(x))), i = Math.min(height - 2, Math.max(0, Math.floor(y)));
  const u = x - j, v = y - i, at = (row, column) => values[Math.min(height - 1, row) * width + Math.min(width - 1, column)];
  return (1 - v) * ((1 - u) * at(i, j) + u * at(i, j + 1)) + v * ((1 - u) * at(i + 1, j) + u * at(i + 1, j + 1));
};

// The points of a cut: pixels [x, y], and their distance from its start in the unit of the page.
const pointsOf = cut => {
  const [height, width] = hole.shape, [down, across] = hole.pixel;
  if (cut === 'x') return Array.from({length: width}, (_, x) => [x, cursor.y, (x + .5) * across]);
  if (cut === 'y') return Array.from({length: height}, (_, y) => [cursor.x, y, (y + .5) * down]);
  if (!line) return [];
  const {from, to} = line, count = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
  return Array.from({length: count + 1}, (_, n) => {
    const [x, y] = ['x', 'y'].map(axis => from[axis] + (to[axis] - from[axis]) * n / count);
    return [x, y, Math.hypot((x - from.x) * across, (y - from.y) * down)];
  });
};
// The profile of each layer along a cut, by name; `distance` and pixels beside them.
const profileOf = cut => {
  const points = pointsOf(cut), profile = {distance: points.map(point => point[2])};
  for (const name of PROFILED.filter(layer => layers[layer])) {
    profile[name] = points.map(([x, y]) => sample(layers[name], hole.shape, x, y));
  }
  return profile;
};

const colourOf = name => getComputedStyle(dialog).getPropertyValue(name).trim();
const toData = ({distance, depth, u90, truth}) => [distance,
  ...depth ? [depth] : [], ...truth ? [truth] : [],
  ...u90 ? [depth.map((nm, n) => nm - u90[n]), depth.map((nm, n) => nm + u90[n])] : []];
const newPlot = (cut, parent, profile) => {
  const ink = getComputedStyle(dialog).color, grid = {stroke: colourOf('--line')}, blue = colourOf('--predicted');
  const axis = {stroke: ink, grid, ticks: grid, font: '12px system-ui'}, [, deepest] = ranges.depth;
  const number = (_, nm) => nm == null ? '\u2013' : format(nm);
  const withU90 = (plot, nm, _, n) => nm == null || !profile.u90 ? number(plot, nm) : formatInterval(nm, plot.data.at(-1)[n] - nm);
  const series = [{label: `${cut === 'line' ? 'distance' : cut} [${page.unit}]`, value: number}];
  if (profile.depth) series.push({label: `${page.predicted} [nm]`, stroke: blue, width: 1.8, value: withU90});
  if (profile.truth) series.push({label: 'ground truth [nm]', stroke: colourOf('--truth'), width: 1.8, dash: [5, 3], value: number});
  if (profile.u90) series.push(...['lower', 'upper'].map(label => ({label, stroke: 'transparent', points: {show: false}, class: 'limit'})));
  const last = series.length - 1;
  const drawCursor = plot => {
    if (cut === 'line') return;
    const x = plot.valToPos((cursor[cut] + .5) * hole.pixel[cut === 'x' ? 1 : 0], 'x', true), {top, height} = plot.bbox;
    Object.assign(plot.ctx, {strokeStyle: ink, lineWidth: devicePixelRatio, globalAlpha: .5});
    plot.ctx.setLineDash([2, 3]);
    plot.ctx.beginPath(); plot.ctx.moveTo(x, top); plot.ctx.lineTo(x, top + height); plot.ctx.stroke();
    plot.ctx.setLineDash([]); plot.ctx.globalAlpha = 1;
  };
  return new uPlot({
    width: parent.clientWidth, height: 250, series, hooks: {draw: [drawCursor]}, cursor: {drag: {x: true, y: false}},
    scales: {x: {time: false}, y: {dir: -1, range: [-.06 * deepest, 1.06 * deepest]}},
    bands: profile.u90 ? [{series: [last, last - 1], fill: `color-mix(in srgb, ${blue} 25%, transparent)`}] : [],
    axes: [axis, {...axis, label: 'depth [nm]', labelSize: 20, size: 46}],
  }, toData(profile), parent);
};

// Draws the cuts anew: from the start for another hole or size, or with other numbers only.
const drawProfiles = fresh => {
  const hidden = Object.entries(charts).map(([cut]) => !(layers.depth || layers.truth) || cut === 'line' && !line);
  const changed = Object.values(charts).some((figure, n) => figure.hidden !== hidden[n]);
  Object.values(charts).forEach((figure, n) => { figure.hidden = hidden[n]; });  // before the widths are measured
  for (const [cut, figure] of Object.entries(charts)) {
    if (fresh || changed || figure.hidden) {
      plots[cut]?.destroy();
      delete plots[cut];
    }
    if (figure.hidden) continue;
    const profile = profileOf(cut);
    if (plots[cut]) plots[cut].setData(toData(profile)); else plots[cut] = newPlot(cut, figure.querySelector('.chart'), profile);
  }
};

const profileRows = () => Object.keys(plots).flatMap(cut => {
  const profile = profileOf(cut), names = Object.keys(profile);
  return profile.distance.map((_, n) => [cut, ...names.map(name => +profile[name][n].toPrecision(6))]);
});
document.getElementById('copy-profiles')?.addEventListener('click', event => {
  const units = {distance: page.unit, SEM: 'grey', depth: 'nm', truth: 'nm', u90: 'nm'};
  const names = ['distance', ...PROFILED.filter(name => layers[name])];
  copyText(event.target, toCsv([['cut', ...names.map(name => withUnit(LABELS[name] ?? name, units[name]))], ...profileRows()]));
});
document.getElementById('save-profiles')?.addEventListener('click', event => savePng(event.target, `${hole.stem}_profiles`,
  Object.entries(plots).map(([cut, plot]) => [charts[cut].querySelector('figcaption').textContent, plot.ctx.canvas])));
