// Rows of texts and numbers as CSV: a cell that a spreadsheet would take for a formula is quoted as text.
const toCsv = rows => rows.map(row => row.map(cell => {
  const text = `${cell ?? ''}`, safe = typeof cell === 'string' && /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}).join(',')).join('\n') + '\n';

const withUnit = (name, unit) => unit ? `${name} [${unit}]` : name;

// Puts a text on the clipboard, and says so on the button; an old browser is asked in the old way.
const copyText = async (button, text) => {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = Object.assign(document.createElement('textarea'), {value: text});
    (button.closest('dialog') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    button.focus();
  }
  answer(button, 'copied');
};
const answer = (button, text) => {
  const usual = button.dataset.usual ??= button.textContent;
  button.textContent = text;
  setTimeout(() => { button.textContent = usual; }, 1500);
};

// Saves pictures side by side, each below its label, as one PNG file.
const savePng = (button, name, pictures) => {
  const ratio = devicePixelRatio, gap = 10 * ratio, line = 22 * ratio, style = getComputedStyle(document.body);
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
  canvas.width = pictures.reduce((width, [, picture]) => width + picture.width + gap, gap);
  canvas.height = Math.max(...pictures.map(([, picture]) => picture.height)) + line + gap;
  context.fillStyle = style.backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = style.color;
  context.font = `${13 * ratio}px system-ui, sans-serif`;
  let x = gap;
  for (const [label, picture] of pictures) {
    context.fillText(label, x, line * .7);
    context.drawImage(picture, x, line);
    x += picture.width + gap;
  }
  const link = Object.assign(document.createElement('a'), {href: canvas.toDataURL(), download: `${name}.png`});
  link.click();
  answer(button, 'saved');
};
