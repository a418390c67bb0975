// The maps of an image share cursor, zoom and pan; their values under the cursor stand at the lower edge of the window.
(() => {
  const table = document.querySelector('table.maps'), reading = document.getElementById('reading');
  if (!table) return;
  const states = new Map(), MAX_ZOOM = 16;
  const viewsOf = row => [...row.querySelectorAll('.view')];
  const limited = (value, low, high) => Math.min(high, Math.max(low, value));
  const sizeOf = view => { const image = view.querySelector('img'); return [image.naturalWidth, image.naturalHeight]; };
  const numbersOf = view => view.numbers ??= view.dataset.values
    && new Int16Array(Uint8Array.from(atob(view.dataset.values), letter => letter.charCodeAt(0)).buffer);
  const stateOf = row => states.get(row) ?? states.set(row, {zoom: 1, left: 0, top: 0, x: .5, y: .5}).get(row);

  const show = row => {
    const state = stateOf(row), room = 1 - 1 / state.zoom, parts = [];
    state.left = limited(state.left, 0, room);
    state.top = limited(state.top, 0, room);
    for (const view of viewsOf(row)) {
      const [width, height] = sizeOf(view), [x, y] = [Math.floor(state.x * width), Math.floor(state.y * height)];
      const cross = view.querySelector('.cross') ?? view.appendChild(Object.assign(document.createElement('div'), {className: 'cross'}));
      view.querySelector('img').style.transform = `scale(${state.zoom}) translate(${-100 * state.left}%, ${-100 * state.top}%)`;
      cross.style.left = `${100 * state.zoom * ((x + .5) / width - state.left)}%`;
      cross.style.top = `${100 * state.zoom * ((y + .5) / height - state.top)}%`;
      if (!parts.length) parts.push(`${row.dataset.image}: x ${x}, y ${y} px`);
      const numbers = numbersOf(view);
      if (numbers) parts.push(`${view.dataset.label} ${(numbers[y * width + x] / 10).toFixed(1).replace('-', '\u2212')} ${view.dataset.unit}`);
    }
    reading.textContent = parts.join(' \u00b7 ');
  };
  const point = (row, x, y) => {
    Object.assign(stateOf(row), {x: limited(x, 0, 1 - 1e-9), y: limited(y, 0, 1 - 1e-9)});
    show(row);
  };
  const zoom = (row, factor) => {  // what is under the cursor stays where it is
    const state = stateOf(row), next = limited(state.zoom * factor, 1, MAX_ZOOM);
    state.left = state.x - (state.x - state.left) * state.zoom / next;
    state.top = state.y - (state.y - state.top) * state.zoom / next;
    state.zoom = next;
    show(row);
  };

  table.addEventListener('pointermove', event => {
    const view = event.target.closest('.view');
    if (!view) return;
    const row = view.closest('tr'), state = stateOf(row);
    if (event.buttons & 1) {
      state.left -= event.movementX / view.clientWidth / state.zoom;
      state.top -= event.movementY / view.clientHeight / state.zoom;
      return show(row);
    }
    const box = view.getBoundingClientRect();
    point(row, state.left + (event.clientX - box.x) / box.width / state.zoom, state.top + (event.clientY - box.y) / box.height / state.zoom);
  });
  table.addEventListener('dblclick', event => {
    const row = event.target.closest('.view')?.closest('tr');
    if (row) zoom(row, stateOf(row).zoom < MAX_ZOOM ? 2 : 0);
  });
  table.addEventListener('keydown', event => {
    const view = event.target.closest('.view'), steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = view.closest('tr'), state = stateOf(row), [width, height] = sizeOf(view);
    if (steps[event.key]) point(row, state.x + steps[event.key][0] / width, state.y + steps[event.key][1] / height);
    else if (event.key === '+') zoom(row, 2);
    else if (event.key === '-') zoom(row, .5);
    else if (event.key === 'Escape') zoom(row, 0);
    else return;
    event.preventDefault();
  });
  table.addEventListener('focusin', event => { if (event.target.matches('.view')) show(event.target.closest('tr')); });
})();
