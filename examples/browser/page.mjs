/** The page: adds pictures, reads their features, shows what is most like the one that is chosen. */
import { Encoder, nearest } from './encoder.mjs';

/** Neighbors that are shown. */
const SHOWN = 8;

const element = (id) => document.getElementById(id);
const items = [];
let encoder;
let chosen = -1;
/** Pictures are read one batch after the other, also when more are added meanwhile. */
let reading = Promise.resolve();

function say(id, text, isError = false) {
  element(id).textContent = text;
  element(id).classList.toggle('error', isError);
}

async function start() {
  try {
    encoder = await Encoder.load(new URL('./encoder/', import.meta.url));
  } catch (error) {
    say(
      'encoder',
      `The encoder cannot be loaded (${error.message}). Export one, and serve its folder beside this page.`,
      true,
    );
    return;
  }
  const { architecture } = encoder.config.autodidact;
  say('encoder', `${architecture}, ${encoder.config.num_features} features, pictures at ${encoder.size} pixels`);
  element('files').disabled = false;
}

async function add(files) {
  const read = [];
  const failed = [];
  for (const file of files) {
    try {
      read.push({ name: file.name, picture: await createImageBitmap(file), source: URL.createObjectURL(file) });
    } catch {
      failed.push(file.name);
    }
  }
  const started = performance.now();
  const pictures = read.map(({ picture }) => picture);
  const features = await encoder.features(pictures, (done) => say('progress', `${done} of ${read.length} read`));
  const perPicture = (performance.now() - started) / Math.max(1, read.length);
  for (const [i, { name, picture, source }] of read.entries()) {
    picture.close();
    items.push({ name, source, features: features[i] });
    show(items.length - 1);
  }
  element('hint').hidden = items.length > 0;
  const told = failed.length > 0 ? ` ${failed.join(', ')} cannot be read.` : '';
  say('progress', `${items.length} pictures, ${perPicture.toFixed(0)} ms each.${told}`, failed.length > 0);
  if (items.length > 1) choose(Math.max(chosen, 0));
}

function tile(tag, { name, source }, caption) {
  const box = document.createElement(tag);
  const image = document.createElement('img');
  const text = document.createElement('span');
  image.src = source;
  image.alt = name;
  text.textContent = caption;
  text.title = name;
  box.append(image, text);
  return box;
}

function show(index) {
  const button = tile('button', items[index], items[index].name);
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  button.addEventListener('click', () => choose(index));
  const entry = document.createElement('li');
  entry.append(button);
  element('pictures').append(entry);
}

function choose(index) {
  chosen = index;
  for (const [i, entry] of [...element('pictures').children].entries())
    entry.firstChild.setAttribute('aria-pressed', String(i === index));
  const { name, source } = items[index];
  element('query-name').textContent = name;
  element('query').src = source;
  element('query').alt = name;
  const hits = nearest(
    items.map(({ features }) => features),
    index,
    SHOWN,
  );
  element('neighbors').replaceChildren(
    ...hits.map((hit) => {
      const entry = document.createElement('li');
      entry.append(tile('div', items[hit.index], `${hit.cosine.toFixed(3)} ${items[hit.index].name}`));
      return entry;
    }),
  );
  element('result').hidden = false;
}

function enqueue(files) {
  if (encoder === undefined || files.length === 0) return;
  reading = reading.then(() => add([...files])).catch((error) => say('progress', error.message, true));
}

element('files').addEventListener('change', ({ target }) => {
  enqueue(target.files);
});
addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('dropping');
});
addEventListener('dragleave', () => document.body.classList.remove('dropping'));
addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  enqueue(event.dataTransfer.files);
});

/** For programs that look at the page. */
globalThis.pictureSearch = { items };
await start();
