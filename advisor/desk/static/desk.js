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

function show(html) {
  const held = document.activeElement ? document.activeElement.id : "";
  const typed = TYPED.map((id) => document.getElementById(id)?.value ?? "");
  const before = document.getElementById("next")?.textContent;
  place.innerHTML = html;
  TYPED.forEach((id, n) => {
    const input = document.getElementById(id);
    if (input && typed[n]) input.value = typed[n];
  });
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
  const next = document.getElementById("next")?.textContent ?? "";
  if (next !== before) spoken.textContent = next;
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
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(data),
        headers: { "X-Desk": "1" },
      });
      if (answer.ok) return;
      const words = await answer.text();
      say("Not reported yet: " + words, true);
      if (answer.status < 500) return;
    } catch {
      say("Reconnecting … the desk does not answer.", true);
    }
    await new Promise((again) => setTimeout(again, 1000));
  }
}

document.addEventListener("submit", (sent) => {
  const form = sent.target;
  if (form.method !== "post") return;
  sent.preventDefault();
  const button = sent.submitter;
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  report(form, button).finally(() => delete form.dataset.sent);
  form.querySelectorAll("input[name=text], input[name=window]").forEach((input) => { input.value = ""; });
});

document.addEventListener("keydown", (pressed) => {
  if (!keys.checked || pressed.ctrlKey || pressed.altKey || pressed.metaKey || pressed.repeat) return;
  const at = pressed.target;
  if (at instanceof HTMLInputElement && at.type !== "checkbox") return;
  if (pressed.key === "Enter" && at.closest("button, a")) return;
  const button = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === pressed.key);
  if (!button) return;
  pressed.preventDefault();
  button.click();
});
