// paint.js: what is drawn on the canvas of the price: candles, groups of fills, and lines with their names.

import { colors } from './canvas.js';
import { number } from './format.js';

// paint draws what is in sight: candles of so many bars each, groups of fills, and lines.
export function paint(u, step, marks, lines) {
  const { ctx, bbox } = u;
  const [x, open, high, low, close] = u.data;
  const dot = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const wide = Math.max(1, Math.floor((u.valToPos(step, 'x', true) - u.valToPos(0, 'x', true)) * 0.7));
  for (const rises of [true, false]) {
    ctx.fillStyle = rises ? colors().up : colors().down;
    for (let i = 0; i < x.length; i++) {
      if (close[i] >= open[i] !== rises) continue;
      const at = Math.round(u.valToPos(x[i], 'x', true));
      const [h, l, o, c] = [high[i], low[i], open[i], close[i]].map((v) => Math.round(u.valToPos(v, 'y', true)));
      ctx.fillRect(at - Math.floor(dot / 2), h, Math.max(1, Math.floor(dot)), Math.max(1, l - h));
      ctx.fillRect(at - (wide >> 1), Math.min(o, c), wide, Math.max(1, Math.abs(o - c)));
    }
  }
  ctx.font = colors().canvasFont(dot);
  for (const m of marks) paintMark(u, m, dot);
  for (const one of lines) paintLine(u, one, dot);
  ctx.restore();
}

function paintLine({ ctx, bbox, ...u }, { name, price, color }, dot) {
  const at = u.valToPos(price, 'y', true);
  const away = at < bbox.top ? ' ↑' : at > bbox.top + bbox.height ? ' ↓' : ''; // beyond what is shown: said at the edge
  const y = away === ' ↑' ? bbox.top + 18 * dot : away ? bbox.top + bbox.height : at;
  ctx.strokeStyle = ctx.fillStyle = color;
  ctx.lineWidth = dot;
  ctx.setLineDash(name === 'entry' ? [] : [6 * dot, 4 * dot]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  if (!away) ctx.stroke();
  ctx.setLineDash([]);
  ctx.textAlign = 'left';
  const shown = `${name} ${number(price)}${away}`;
  const top = Math.max(bbox.top, y - 16 * dot); // above the line, and not beyond what is shown
  ctx.fillStyle = colors().card;
  ctx.fillRect(bbox.left, top, ctx.measureText(shown).width + 10 * dot, 14 * dot);
  ctx.fillStyle = color;
  ctx.fillText(shown, bbox.left + 5 * dot, top + 11 * dot);
}

// paintMark draws a group of fills: a triangle that points the way, and how many there are.
function paintMark({ ctx, ...u }, m, dot) {
  const x = u.valToPos(m.x, 'x', true);
  const y = u.valToPos(m.price, 'y', true);
  const up = m.side === 'buy' ? 1 : -1;
  const size = (m.count > 1 ? 7 : 5) * dot;
  ctx.fillStyle = m.side === 'buy' ? colors().buy : colors().sell;
  ctx.strokeStyle = colors().back;
  ctx.lineWidth = 1.5 * dot;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - size, y + up * size * 1.6);
  ctx.lineTo(x + size, y + up * size * 1.6);
  ctx.closePath();
  ctx.stroke();
  ctx.fill();
  if (m.count < 2) return;
  ctx.textAlign = 'center';
  ctx.fillText(m.count, x, y + up * size * 1.6 + (up > 0 ? 12 * dot : -4 * dot));
}
