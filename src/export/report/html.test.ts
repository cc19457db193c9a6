import { describe, expect, it } from 'vitest';
import { escapeHtml, html, jsonScript, link, page } from './html.js';

const HOSTILE = `</script><img src=x onerror="alert('1')">&amp;`;

describe('html', () => {
  it('escapes values and leaves templates alone', () => {
    expect(html`<b title="${'"x"'}">${'<i>'}</b>`.text).toBe('<b title="&quot;x&quot;">&lt;i&gt;</b>');
    expect(html`<p>${html`<b>${"it's & <so>"}</b>`}</p>`.text).toBe('<p><b>it&#39;s &amp; &lt;so&gt;</b></p>');
  });

  it('joins lists and leaves out what is not there', () => {
    expect(html`${['a<', html`<br>`, [1, 0]]}${null}${undefined}${false}.`.text).toBe('a&lt;<br>10.');
  });

  it('escapes what is escaped already once more', () => {
    expect(escapeHtml(HOSTILE)).toBe(
      '&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;',
    );
  });
});

describe('link', () => {
  it('links addresses of the web only', () => {
    expect(link('https://arxiv.org/abs/1?a=1&b=2', 'P').text).toContain('href="https://arxiv.org/abs/1?a=1&amp;b=2"');
    expect(link('javascript:alert(1)', '<P>').text).toBe('&lt;P&gt;');
  });
});

describe('jsonScript', () => {
  it('cannot be ended by its data, and gives them back', () => {
    const { text } = jsonScript('data', { name: HOSTILE });
    expect(text.match(/<\/script>/g)).toHaveLength(1);
    const inner = text.slice(text.indexOf('>') + 1, text.lastIndexOf('<'));
    expect(JSON.parse(inner)).toEqual({ name: HOSTILE });
  });
});

describe('page', () => {
  it('is a document with its sections linked, and forbids loading anything', () => {
    const sections = [{ id: 'one', title: 'First <one>', body: html`<p>body</p>` }];
    const text = page({ title: '<T>', head: html`<h1>H</h1>`, sections, style: 'p{}', script: 'let a = 1 < 2;' });
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text).toContain('<title>&lt;T&gt;</title>');
    expect(text).toContain("default-src 'none'");
    expect(text).toContain('<a href="#one">First &lt;one&gt;</a>');
    expect(text).toContain('<section id="one" aria-labelledby="one-title">');
    expect(text).toContain('<script>let a = 1 < 2;</script>');
  });
});
