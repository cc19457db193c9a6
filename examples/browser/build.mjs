/**
 * Puts the page, an exported encoder and ONNX Runtime into one folder, which any web server serves, also without a network.
 *
 * Usage: node build.mjs <exported folder> <new folder> [--serve [port]]
 */
import { cpSync, createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const PAGE = ['index.html', 'style.css', 'page.mjs', 'encoder.mjs'];
const RUNTIME = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
const NEEDED = ['config.json', 'preprocessor_config.json', join('onnx', 'model.onnx')];

/** Writes the site. Throws an Error with one sentence when the encoder is none, or the place is taken. */
export function build(encoder, site) {
  const missing = NEEDED.find((name) => !existsSync(join(encoder, name)));
  if (missing !== undefined)
    throw new Error(
      `${encoder} has no ${missing}: give a folder that \`autodidact export\` wrote for an encoder of images`,
    );
  const { autodidact } = JSON.parse(readFileSync(join(encoder, 'config.json'), 'utf8'));
  const kind = autodidact?.samples?.modality;
  if (kind !== 'image') throw new Error(`${encoder} has an encoder of the kind ${kind}: the page shows images`);
  if (existsSync(site) && readdirSync(site).length > 0 && !existsSync(join(site, 'encoder', 'config.json')))
    throw new Error(`${site} has other files in it`);
  mkdirSync(site, { recursive: true });
  for (const name of PAGE) cpSync(join(here, name), join(site, name));
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  for (const name of RUNTIME) cpSync(join(runtime, name), join(site, 'onnxruntime', name));
  for (const name of NEEDED) cpSync(join(encoder, name), join(site, 'encoder', name));
}

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** The path in the folder that an address names. Throws for one that is no address, or that the system does not take for a path. */
function pathOf(root, address) {
  const { pathname } = new URL(`http://localhost${address}`);
  const path = normalize(join(root, decodeURIComponent(pathname === '/' ? '/index.html' : pathname)));
  const isInside = path.startsWith(root + sep);
  return isInside && statSync(path, { throwIfNoEntry: false })?.isFile() ? path : null;
}

/** Serves a folder to this machine alone; gives the server and its address. */
export function serve(site, port = 0) {
  const root = resolve(site);
  const server = createServer((request, answer) => {
    const isAsked = request.method === 'GET' && /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '');
    if (!isAsked) {
      answer.writeHead(403).end();
      return;
    }
    let path;
    try {
      path = pathOf(root, request.url);
    } catch {
      answer.writeHead(400).end();
      return;
    }
    if (path === null) {
      answer.writeHead(404).end();
      return;
    }
    answer.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    createReadStream(path)
      .on('error', () => answer.destroy())
      .pipe(answer);
  });
  return new Promise((done, failed) => {
    server.on('error', failed);
    server.listen(port, '127.0.0.1', () => done({ server, url: `http://127.0.0.1:${server.address().port}/` }));
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const [encoder, site, flag, port] = process.argv.slice(2);
  if (site === undefined) {
    console.error('Usage: node build.mjs <exported folder> <new folder> [--serve [port]]');
    process.exit(2);
  }
  try {
    build(encoder, site);
    if (flag === '--serve') console.log(`${(await serve(site, Number(port ?? 8080))).url} (Ctrl-C ends it)`);
    else console.log(`${site}: serve it with any web server`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
