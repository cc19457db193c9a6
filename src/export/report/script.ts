/**
 * The page's script: reads values out of the curves, and shows the sample behind a dot of the map. It is plain JavaScript for
 * every current browser, and the page is whole without it.
 */
export const SCRIPT = `'use strict';
(() => {
  const numbers = (text) => (text ? text.split(' ').map(Number) : []);
  const show = (value, format) => {
    if (!Number.isFinite(value)) return 'not finite';
    if (format === 'percent') return (100 * value).toFixed(1) + ' %';
    const size = Math.abs(value);
    return size !== 0 && (size >= 1e6 || size < 1e-3) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  };

  for (const figure of document.querySelectorAll('.curve[data-x]')) {
    const { frame, format, x, y, smooth } = figure.dataset;
    const [left, top, width, height, low, high, bottom, ceiling] = numbers(frame);
    const [xs, ys, means] = [numbers(x), numbers(y), numbers(smooth)];
    const svg = figure.querySelector('svg');
    const cursor = figure.querySelector('.cursor');
    const output = figure.querySelector('output');
    let at = -1;
    const point = (i) => {
      at = Math.max(0, Math.min(xs.length - 1, i));
      const value = means.length ? means[at] : ys[at];
      const place = left + ((xs[at] - low) / (high - low)) * width;
      const mean = means.length ? ' (smoothed ' + show(means[at], format) + ')' : '';
      output.textContent = 'step ' + xs[at].toLocaleString('en') + ': ' + show(ys[at], format) + mean;
      const line = cursor.querySelector('line');
      line.setAttribute('x1', place);
      line.setAttribute('x2', place);
      const dot = cursor.querySelector('circle');
      dot.setAttribute('cx', place);
      const level = top + ((ceiling - value) / (ceiling - bottom)) * height;
      dot.setAttribute('cy', Number.isFinite(level) ? Math.max(top, Math.min(top + height, level)) : -99);
      cursor.setAttribute('visibility', 'visible');
    };
    const clear = () => {
      at = -1;
      output.textContent = '';
      cursor.setAttribute('visibility', 'hidden');
    };
    const nearest = (event) => {
      const box = svg.getBoundingClientRect();
      const inside = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      const step = low + ((inside - left) / width) * (high - low);
      let best = 0;
      for (let i = 1; i < xs.length; i++) if (Math.abs(xs[i] - step) < Math.abs(xs[best] - step)) best = i;
      point(best);
    };
    svg.addEventListener('pointermove', nearest);
    svg.addEventListener('pointerdown', nearest);
    svg.addEventListener('pointerleave', clear);
    figure.addEventListener('blur', clear);
    figure.addEventListener('keydown', (event) => {
      const jump = Math.max(1, Math.round(xs.length / 50));
      const moves = { ArrowRight: at + jump, ArrowLeft: at < 0 ? xs.length - 1 : at - jump, Home: 0, End: xs.length - 1 };
      if (!(event.key in moves)) return;
      event.preventDefault();
      point(moves[event.key]);
    });
  }

  const map = document.querySelector('.map');
  if (!map) return;
  const data = JSON.parse(document.getElementById('map-data').textContent);
  const svg = map.querySelector('svg');
  const tip = map.querySelector('.tip');
  const thumb = tip.querySelector('.thumb');
  const ring = map.querySelector('.ring');
  const dots = [...map.querySelectorAll('.dots circle')];
  const places = dots.map((dot) => [dot.cx.baseVal.value, dot.cy.baseVal.value]);
  const side = 114;
  const { sprite, texts } = data;
  const high = sprite ? (sprite.height * side) / sprite.width : 0;
  if (sprite) {
    thumb.style.height = high + 'px';
    thumb.style.backgroundSize = sprite.columns * side + 'px ' + sprite.rows * high + 'px';
  }

  const hide = () => {
    tip.hidden = true;
    ring.setAttribute('visibility', 'hidden');
  };
  const hover = (event) => {
    const box = svg.getBoundingClientRect();
    const unit = svg.viewBox.baseVal.width / box.width;
    const [x, y] = [(event.clientX - box.left) * unit, (event.clientY - box.top) * unit];
    const isFiltered = map.classList.contains('chosen');
    let best = -1;
    let least = (24 * unit) ** 2;
    for (let i = 0; i < places.length; i++) {
      if (isFiltered && !dots[i].classList.contains('on')) continue;
      const distance = (places[i][0] - x) ** 2 + (places[i][1] - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    if (best < 0) return hide();
    const [cx, cy] = places[best];
    ring.setAttribute('cx', cx);
    ring.setAttribute('cy', cy);
    ring.setAttribute('visibility', 'visible');
    if (sprite) {
      const [column, row] = [best % sprite.columns, Math.floor(best / sprite.columns)];
      thumb.style.backgroundPosition = -column * side + 'px ' + -row * high + 'px';
    }
    const text = tip.querySelector('p');
    text.textContent = '';
    if (data.names && data.names[best]) text.appendChild(document.createElement('b')).textContent = data.names[best];
    text.append(texts ? texts[best] : data.ids[best]);
    tip.hidden = false;
    const [across, down] = [cx / unit, cy / unit];
    const isRight = across + 20 + tip.offsetWidth > box.width;
    tip.style.left = Math.max(4, isRight ? across - 14 - tip.offsetWidth : across + 14) + 'px';
    tip.style.top = Math.max(4, Math.min(box.height - tip.offsetHeight - 4, down - tip.offsetHeight / 2)) + 'px';
  };
  svg.addEventListener('pointermove', hover);
  svg.addEventListener('pointerdown', hover);
  svg.addEventListener('pointerleave', hide);

  const buttons = [...map.querySelectorAll('.legend button')];
  for (const button of buttons)
    button.addEventListener('click', () => {
      button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') === 'true' ? 'false' : 'true');
      const slots = buttons.filter((other) => other.getAttribute('aria-pressed') === 'true').map((other) => 'k' + other.dataset.slot);
      map.classList.toggle('chosen', slots.length > 0);
      for (const dot of dots) dot.classList.toggle('on', slots.some((slot) => dot.classList.contains(slot)));
    });
})();
`;
