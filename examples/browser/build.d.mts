import type { Server } from 'node:http';

/** Writes the page, an exported encoder and ONNX Runtime into one folder. */
export function build(encoder: string, site: string): void;
/** Serves a folder to this machine alone. */
export function serve(site: string, port?: number): Promise<{ server: Server; url: string }>;
