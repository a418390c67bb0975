// Run charts with histograms, and scatter plots: names and values under the cursor or by keys, zoom, limits.
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)'), plots = new Set();
  const INK = {  // in light and dark
    text: ['#222', '#ddd'], grid: ['#0000001a', '#ffffff22'], point: ['#2f5f96', '#86b6ec'], bar: ['#2f5f9655', '#86b6ec66'],
    outlier: ['#b5362a', '#ff9384'], centre: ['#666', '#aaa'], equal: ['#666', '#aaa'], limit: ['#b5362a', '#ff9384'], typed: ['#222', '#ddd'],
  };
  const DASH = {centre: [], limit: [7, 4], equal: [2, 3], typed: [2, 3]};
  let printing = false;
  const ink = kind => INK[kind][+(dark.matches && !printing)];
  const text = value => `${Number(value.toPrecision(5))}`.replace('-', '\u2212');
  const finite = values => values.filter(value => value !== null);
  const padded = (low, high) => {
    const pad = (high - low || Math.abs(low) || 1) * .06;
    return [low - pad, high + pad];
  };

  // The least and the largest of many numbers; too many are no arguments of Math.min.
  const extent = values => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

  const axis = (label, more) => ({
    label, labelSize: 22, labelFont: '12px system-ui, sans-serif', font: '12px system-ui, sans-serif', stroke: () => ink('text'),
    grid: {stroke: () => ink('grid'), width: 1}, ticks: {stroke: () => ink('grid')}, ...more,
  });

  const drawLines = (plot, chart) => {
    const {ctx, bbox} = plot, [low, high] = [plot.scales.x.min, plot.scales.x.max];
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineWidth = 1.5 * devicePixelRatio;
    for (const line of chart.lines) {
      const at = (x, y) => [plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true)];
      ctx.strokeStyle = ink(line.kind);
      ctx.setLineDash(DASH[line.kind].map(length => length * devicePixelRatio));
      ctx.beginPath();
      if (chart.isHistogram) {
        const [x] = at(line.start, 0);
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
      } else {
        ctx.moveTo(...at(low, line.start + line.slope * low));
        ctx.lineTo(...at(high, line.start + line.slope * high));
      }
      ctx.stroke();
    }
    ctx.restore();
  };

  const drawBars = (plot, chart) => {
    if (!chart.half_width) return;
    const {ctx} = plot;
    ctx.save();
    ctx.strokeStyle = ink('bar');
    ctx.lineWidth = (chart.x.length > 300 ? 1 : 3) * devicePixelRatio;
    ctx.beginPath();
    chart.x.forEach((x, n) => {
      if (chart.y[n] === null || !chart.half_width[n] || x < plot.scales.x.min || x > plot.scales.x.max) return;
      const across = plot.valToPos(x, 'x', true);
      for (const sign of [-1, 1]) {
        ctx[sign < 0 ? 'moveTo' : 'lineTo'](across, plot.valToPos(chart.y[n] + sign * chart.half_width[n], 'y', true));
      }
    });
    ctx.stroke();
    ctx.restore();
  };

  // One plot in `box`: `chart` has x (ascending), y, outliers, lines; `say` shows what is under the cursor.
  const makePlot = (box, chart, say) => {
    const ends = extent(chart.x), step = chart.isHistogram ? chart.step / 2 : 0;
    const full = padded(ends[0] - step, ends[1] + step), is = new Set(chart.outliers);
    const ys = chart.y.flatMap((y, n) => y === null ? [] : [y - (chart.half_width?.[n] ?? 0), y + (chart.half_width?.[n] ?? 0)]);
    const level = chart.isHistogram ? [0] : chart.lines.filter(line => !line.slope).map(line => line.start);
    const high = padded(...extent([...level, ...ys].filter(Number.isFinite)));
    const size = chart.x.length > 3000 ? 3 : chart.x.length > 300 ? 5 : 8;
    const dots = (kind, bigger) => ({
      paths: () => null, points: {show: true, size: size + bigger, width: 0, fill: () => ink(kind), stroke: () => ink(kind)},
    });
    const bars = {paths: uPlot.paths.bars({size: [.92, Infinity]}), points: {show: false}, fill: () => ink('bar'), stroke: () => ink('point'), width: 1};
    const part = outside => chart.y.map((y, n) => is.has(n) === outside ? y : null);
    const whole = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];
    const height = () => Math.max(240, Math.min(380, box.clientWidth * .6));
    const plot = new uPlot({
      width: box.clientWidth, height: height(), legend: {show: false}, padding: [10, 12, 0, 0],
      cursor: {points: {show: false}, drag: {x: true, y: false, dist: 6}},
      scales: {
        x: {time: false, range: (_, low, top) => top - low >= ends[1] - ends[0] ? full : [low, top]},
        y: {range: chart.isHistogram ? [0, high[1]] : high},
      },
      axes: [
        axis(chart.x_label, {size: 34, ...(chart.isRun ? {incrs: whole} : {})}),
        axis(chart.y_label, {size: 62, ...(chart.isHistogram ? {incrs: whole} : {})}),
      ],
      series: chart.isHistogram ? [{}, bars] : [{}, dots('point', 0), dots('outlier', 3)],
      hooks: {drawAxes: [plot => drawBars(plot, chart)], draw: [plot => drawLines(plot, chart)], setScale: [() => place()]},
    }, chart.isHistogram ? [chart.x, chart.y] : [chart.x, part(false), part(true)], box);
    plot.over.append(Object.assign(document.createElement('div'), {className: 'ring', hidden: true}));
    const ring = plot.over.lastChild;
    let current = null;
    const place = () => {
      if (current === null || !ring) return;
      const {min, max} = plot.scales.x;
      ring.hidden = chart.x[current] < min || chart.x[current] > max;
      ring.style.left = `${plot.valToPos(chart.x[current], 'x')}px`;
      ring.style.top = `${plot.valToPos(chart.y[current], 'y')}px`;
    };
    const choose = n => { current = n; place(); say(n); };
    plot.over.addEventListener('mousemove', event => {
      let best = null, least = Infinity;
      const across = (x, y) => [plot.valToPos(x, 'x'), plot.valToPos(y, 'y')];
      const [[x0, y0], [x1, y1]] = [across(0, 0), across(1, 1)];
      chart.y.forEach((y, n) => {
        if (y === null) return;
        const dx = x0 + (x1 - x0) * chart.x[n] - event.offsetX, dy = chart.isHistogram ? 0 : y0 + (y1 - y0) * y - event.offsetY;
        if (dx * dx + dy * dy < least) [best, least] = [n, dx * dx + dy * dy];
      });
      if (best !== null) choose(best);
    });
    const show = (low, top) => plot.setScale('x', {min: low, max: top});
    const zoom = factor => {
      const {min, max} = plot.scales.x, middle = current === null ? (min + max) / 2 : chart.x[current], half = (max - min) / 2 * factor;
      show(...(2 * half >= full[1] - full[0] ? full : [middle - half, middle + half]));
    };
    const move = (from, by) => {
      let n = from;
      while (chart.y[n] === null) n += by;
      if (n < 0 || n >= chart.y.length) return;
      choose(n);
      const {min, max} = plot.scales.x, x = chart.x[n], half = (max - min) / 2;
      if (x < min || x > max) show(x - half, x + half);
    };
    const keys = {
      ArrowRight: () => move(current === null ? 0 : current + 1, 1), ArrowLeft: () => move(current === null ? chart.y.length - 1 : current - 1, -1),
      Home: () => move(0, 1), End: () => move(chart.y.length - 1, -1),
      '+': () => zoom(.5), '-': () => zoom(2), Escape: () => show(...full), '0': () => show(...full),
    };
    const press = event => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[event.key]();
    };
    box.addEventListener('keydown', press);
    const fit = () => { plot.setSize({width: printing ? Math.min(box.clientWidth, 640) : box.clientWidth, height: height()}); place(); };
    const observer = new ResizeObserver(() => { if (!printing && box.clientWidth !== plot.width) fit(); });
    observer.observe(box);
    const one = {plot, fit, remove: () => { observer.disconnect(); box.removeEventListener('keydown', press); plots.delete(one); plot.destroy(); }};
    plots.add(one);
    return one;
  };

  // Counts in bins of a round width: about as many bins as the root of the number of values.
  const histogram = chart => {
    const values = finite(chart.y), [low, high] = extent(values);
    const rough = (high - low) / Math.min(40, Math.max(5, Math.sqrt(values.length))) || Math.abs(low) / 100 || 1;
    const power = 10 ** Math.floor(Math.log10(rough)), step = power * [1, 2, 5, 10].find(m => m * power >= rough);
    const first = Math.floor(low / step), counts = Array(Math.floor(high / step) - first + 1).fill(0);
    values.forEach(value => { counts[Math.min(counts.length - 1, Math.floor(value / step) - first)] += 1; });
    return {isHistogram: true, step, x: counts.map((_, n) => (first + n + .5) * step), y: counts, outliers: [], lines: chart.lines,
            x_label: chart.y_label, y_label: `number of ${chart.x_label.split(' ').at(-1)}s`};
  };

  const setUp = figure => {
    const {names, charts} = JSON.parse(figure.querySelector('script').textContent);
    const boxes = [...figure.querySelectorAll('.plot')], reading = figure.querySelector('output');
    const select = figure.querySelector('select'), limits = [...figure.querySelectorAll('input')], hint = reading.textContent;
    let shown = [], chart;
    const nameOf = n => names[chart.names][chart.order ? chart.order[n] : n];
    const describe = n => {
      const half = chart.half_width?.[n], parts = [nameOf(n) || 'no name', `${chart.y_label} ${text(chart.y[n])}${half ? ` \u00b1 ${text(half)}` : ''}`];
      if (!chart.isRun) parts.splice(1, 0, `${chart.x_label} ${text(chart.x[n])}`);
      return [...parts, ...(chart.outliers.includes(n) ? ['outlier'] : [])].join(' \u00b7 ');
    };
    const explain = lines => {
      const add = (className, textContent) => Object.assign(document.createElement('span'), {className, textContent});
      const typed = limits.map(input => input.value === '' ? null : +input.value), values = finite(chart.y);
      const outside = values.filter(v => (typed[0] !== null && v < typed[0]) || (typed[1] !== null && v > typed[1])).length;
      figure.querySelector('figcaption').replaceChildren(
        ...lines.map(line => add(line.kind, line.slope ? line.label : `${line.label} ${text(line.start)}`)),
        ...(chart.outliers.length ? [add('note', `${chart.outliers.length} outliers, red`)] : []),
        ...(typed.some(v => typed.length && v !== null) ? [add('note', `${outside} of ${values.length} outside the limits`)] : []),
      );
    };
    const draw = () => {
      shown.forEach(one => one.remove());
      chart = {...charts[select ? +select.value : 0]};
      chart.isRun = !chart.x;
      chart.x ??= chart.y.map((_, n) => n + 1);
      chart.lines = [...chart.lines, ...limits.filter(input => input.value !== '').map(input => (
        {label: input.dataset.label, start: +input.value, slope: 0, kind: 'typed'}))];
      explain(chart.lines);
      reading.textContent = hint;
      const say = content => { reading.textContent = content; };
      shown = [makePlot(boxes[0], chart, n => say(describe(n)))];
      if (boxes[1]) {
        const bins = histogram(chart), at = n => bins.x[n];
        shown.push(makePlot(boxes[1], bins, n => say(
          `${chart.y_label} ${text(at(n) - bins.step / 2)} to ${text(at(n) + bins.step / 2)} \u00b7 ${bins.y_label} ${bins.y[n]}`)));
      }
    };
    [select, ...limits].forEach(input => input?.addEventListener('input', draw));
    figure.querySelector('.csv').addEventListener('click', event => copyText(event.target, toCsv([
      ['name', ...(chart.isRun ? [] : [chart.x_label]), chart.y_label],
      ...chart.y.map((y, n) => [nameOf(n), ...(chart.isRun ? [] : [chart.x[n]]), y])])));
    figure.querySelector('.png').addEventListener('click', event => savePng(
      event.target, figure.dataset.name, shown.map((one, n) => [n ? '' : figure.dataset.name, one.plot.ctx.canvas])));
    draw();
  };

  const print = is => { printing = is; plots.forEach(one => { one.fit(); one.plot.redraw(); }); };
  addEventListener('beforeprint', () => print(true));
  addEventListener('afterprint', () => print(false));
  dark.addEventListener('change', () => plots.forEach(one => one.plot.redraw()));
  document.querySelectorAll('figure.charts').forEach(setUp);
})();
