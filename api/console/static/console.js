"use strict";
// The console works without this file: it only adds what a page without scripts cannot do.

// The first thing to read after a refusal is why.
document.getElementById("notice")?.focus();

// On a phone the row of links scrolls; where the reader is stays in sight.
const here = document.querySelector(".nav [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetWidth / 3;

// A second press while the first is under way does nothing; the form's key guards what this misses.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});
// A page that comes back from the browser's memory can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

// Signing out takes the villages along off this machine; notes that were not sent stay, encrypted.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.action.endsWith("/console/sign-out") || event.defaultPrevented || !window.indexedDB) return;
  event.preventDefault();
  const leave = () => form.submit();
  const bag = indexedDB.open("rongzi-away");
  // Where nothing was ever taken along there is nothing to open.
  bag.onupgradeneeded = () => bag.transaction.abort();
  bag.onerror = bag.onblocked = leave;
  bag.onsuccess = () => {
    const change = bag.result.transaction("packs", "readwrite");
    change.objectStore("packs").clear();
    change.oncomplete = change.onabort = () => {
      new BroadcastChannel("rongzi-away").postMessage("changed");
      bag.result.close();
      leave();
    };
  };
});

// How an amount stands to the limit, while it is typed.
for (const live of document.querySelectorAll("[data-limit]")) {
  const input = live.closest("form").querySelector("[name=amount_yuan]");
  const tell = () => {
    const yuan = Number(input.value.normalize("NFKC").replace(/[\s,，元¥￥]/g, ""));
    const above = yuan > Number(live.dataset.limit);
    live.textContent = !yuan ? "" : above ? live.dataset.above : live.dataset.within;
    live.classList.toggle("above", above);
  };
  input.addEventListener("input", tell);
  tell();
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

// Where a part of a page is refused, load the whole page, which says why.
document.addEventListener("htmx:responseError", (event) => {
  const form = event.detail.elt.closest("form");
  if (form) form.submit();
  else location.assign(event.detail.elt.getAttribute("href") ?? location.href);
});
