/** Text that is HTML already; everything else is escaped when it enters `html`. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** A template whose values are escaped unless they are `Html`; lists are joined, null, undefined and false leave nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = strings.map((text, i) => text + (i < values.length ? render(values[i]) : ''));
  return new Html(parts.join(''));
}

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

/** Makes text safe between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A link for addresses of the web; other schemes, which could run code, become plain text. */
export function link(address: string, text: string): Html {
  return /^https?:\/\//i.test(address)
    ? html`<a href="${address}" rel="noopener noreferrer">${text}</a>`
    : html`${text}`;
}

/** Data for a script of the page. No text can end the element early. */
export function jsonScript(id: string, data: unknown): Html {
  const text = JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028');
  return new Html(`<script type="application/json" id="${escapeHtml(id)}">${text}</script>`);
}

/** An address that holds the file itself. */
export function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** A part of the page. */
export interface Section {
  id: string;
  title: string;
  body: Html;
}

/** A whole document that needs no other file. The policy in its head forbids the browser to load anything. */
export function page(parts: {
  title: string;
  head: Html;
  sections: readonly Section[];
  style: string;
  script: string;
}): string {
  const { title, head, sections, style, script } = parts;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header class="top">${head}
<nav aria-label="Sections">${sections.map(({ id, title: name }) => html`<a href="#${id}">${name}</a>`)}</nav>
</header>
<main>
${sections.map(
  ({ id, title: name, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${name}</h2>
${body}
</section>
`,
)}</main>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}
