"use strict";
const place = document.getElementById("guidance");
const line = document.getElementById("line");
const spoken = document.getElementById("spoken");
const keys = document.getElementById("keys");
const TYPED = ["over", "words", "hours", "hint"];

function say(words, lost) {
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("lost", lost);
}

// Writes into an element without taking away the focus, nor what stands in its fields.
function put(ids, write) {
  const held = document.activeElement ? document.activeElement.id : "";
  const typed = ids.map((id) => document.getElementById(id)?.value ?? "");
  write();
  ids.forEach((id, n) => {
    const input = document.getElementById(id);
    if (input && typed[n]) input.value = typed[n];
  });
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

function show(html) {
  const before = document.getElementById("next")?.textContent;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const head = fresh.content.querySelector("header");
  // What was typed in one call is not reported in the next.
  const other = head.dataset.times !== asked.times;
  put(other ? [] : TYPED, () => {
    place.querySelectorAll(":scope > :not(#back, #side), #side > aside").forEach((each) => each.remove());
    for (const part of [...fresh.content.children]) {
      if (part.matches("aside")) side.prepend(part);
      else place.insertBefore(part, part.matches(".happened") ? side : back);
    }
  });
  const next = document.getElementById("next")?.textContent ?? "";
  if (next !== before) spoken.textContent = next;
  const ours = BOOKED.includes(head.dataset.after) && Date.now() < asked.until;
  if (other || !(ours || SAID.includes(head.dataset.after))) refreshTimes(head);
  if (head.dataset.owed && head.dataset.owed !== owed.dataset.owed) {
    owed.dataset.owed = head.dataset.owed;
    refreshOwed();
  }
}

const back = document.getElementById("back");
const side = document.getElementById("side");
const owed = document.getElementById("owed");
const answer = document.getElementById("answer");
// What was said has no part in when they can be rung; whatever else happened may have.
const SAID = ["guidance used", "guidance dismissed", "guidance overridden", "feedback given", "unscripted"];
const BOOKED = ["callback accepted", "callback declined"];
// Until when what was booked here is still to be said back, so that its own report leaves it there.
const asked = { times: "", turn: 0, until: 0, later: 0 };

// Reads a part of the page; null where nobody answers.
async function part(address) {
  try {
    const got = await fetch(address, { headers: { "X-Desk": "1" } });
    return got.ok ? await got.text() : null;
  } catch {
    return null;
  }
}

async function refreshTimes(head) {
  const other = head.dataset.times !== asked.times;
  asked.times = head.dataset.times;
  const turn = ++asked.turn;
  if (other) {
    back.hidden = true;
    back.replaceChildren();
  }
  const html = await part(asked.times);
  // Not under the fingers of who is about to book, nor over a newer answer.
  if (turn !== asked.turn || (!other && back.contains(document.activeElement))) return;
  if (html !== null) ring(html);
  else setTimeout(() => { if (turn === asked.turn) refreshTimes(head); }, 2000);
}

function ring(html) {
  put(["topic"], () => { back.innerHTML = html; });
  back.hidden = false;
}

async function refreshOwed() {
  if (!owed.dataset.owed) return;
  const html = await part(owed.dataset.owed);
  clearTimeout(asked.later);
  asked.later = setTimeout(refreshOwed, html === null ? 5000 : 300000);
  if (html === null) return;
  owed.innerHTML = html;
  owed.hidden = false;
}
refreshOwed();

// Shows what came of a wish about ringing back and reads it out. Hands that were there stay there,
// on nothing that Enter would press.
function came(html) {
  asked.turn += 1;
  asked.until = Date.now() + 5000;
  const within = back.contains(document.activeElement);
  ring(html);
  answer.textContent = [...back.querySelectorAll("#told, .refused li")].map((each) => each.textContent).join(" ");
  if (within) document.getElementById("ring").focus({ preventScroll: true });
  refreshOwed();
}

const stream = new EventSource(place.dataset.stream);
stream.addEventListener("guidance", (told) => show(told.data));
stream.addEventListener("line", (told) => {
  if (told.data === "open") say("Connected", false);
  else say("Reconnecting … " + told.data, true);
});
stream.addEventListener("error", () => say("Reconnecting … the desk does not answer.", true));

async function report(form, button) {
  const data = new FormData(form);
  if (button && button.name) data.set(button.name, button.value);
  // Until it has arrived: the same report again counts once.
  for (;;) {
    try {
      const answered = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(data),
        headers: { "X-Desk": "1" },
      });
      const words = await answered.text();
      if (answered.status === 200 && form.action === new URL(asked.times, location).href.replace("/times/", "/book/")) came(words);
      if (answered.ok) return;
      say(form.action.includes("/book/") ? words : "Not reported yet: " + words, true);
      if (answered.status < 500) return;
    } catch {
      say("Reconnecting … the desk does not answer.", true);
    }
    await new Promise((again) => setTimeout(again, 1000));
  }
}

document.addEventListener("submit", (sent) => {
  const form = sent.target;
  if (back.contains(form) && form.method === "get") {
    sent.preventDefault();
    part(form.action + "?" + new URLSearchParams(new FormData(form))).then((html) => {
      if (html === null) say("Nobody answers whether that time can be promised; ask again.", true);
      else came(html);
    });
    return;
  }
  if (form.method !== "post") return;
  sent.preventDefault();
  const button = sent.submitter;
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  if (back.contains(form)) asked.until = Infinity;
  report(form, button).finally(() => delete form.dataset.sent);
  form.querySelectorAll("input[name=text], input[name=window]").forEach((input) => { input.value = ""; });
});

document.addEventListener("keydown", (pressed) => {
  if (!keys.checked || pressed.ctrlKey || pressed.altKey || pressed.metaKey || pressed.repeat) return;
  const at = pressed.target;
  if (at instanceof HTMLInputElement && at.type !== "checkbox") return;
  if (pressed.key === "Enter" && at.closest("button, a, summary")) return;
  const button = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === pressed.key);
  if (!button || button.closest("[hidden]")) return;
  pressed.preventDefault();
  if (button instanceof HTMLInputElement) button.focus();
  else button.click();
});
