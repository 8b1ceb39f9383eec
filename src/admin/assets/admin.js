// Nothing here is needed: without it times have no local time on hover, and rows are chosen one by one.
'use strict';
for (const time of document.querySelectorAll('time[datetime]')) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString(document.documentElement.lang, { timeZoneName: 'short' });
}
const head = document.querySelector('th.choose');
const boxes = [...document.querySelectorAll('td.choose input')];
if (head && boxes.length > 1) {
  const all = document.createElement('input');
  all.type = 'checkbox';
  all.setAttribute('aria-label', head.textContent.trim());
  all.addEventListener('change', () => boxes.forEach(box => { box.checked = all.checked; }));
  head.append(all);
}
document.documentElement.dataset.script = 'on';
