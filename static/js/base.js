// Small behaviour that every page shares. Everything hangs on data attributes, so pieces that htmx brings in work at once.

const root = document.documentElement;

function switchTheme() {
  const dark = getComputedStyle(root).colorScheme === "dark"
    || (getComputedStyle(root).colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Not remembered, but switched.
  }
}

function dismiss(toast) {
  toast.classList.add("leaving");
  setTimeout(() => toast.remove(), 300);
}

// Errors stay until they are read; the rest leave by themselves, but not under the pointer or the focus.
function expire(toast) {
  if (toast.dataset.stays !== undefined) return;
  setTimeout(function leave() {
    if (toast.matches(":hover, :focus-within")) setTimeout(leave, 2000);
    else dismiss(toast);
  }, 6000);
}

function say(text, tone = "info") {
  const template = document.getElementById("toast-template");
  const region = document.getElementById("toasts");
  if (!template || !region) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.classList.add(`toast--${tone}`);
  if (tone === "error") toast.dataset.stays = "";
  toast.querySelector("p").textContent = text;
  region.append(toast);
  expire(toast);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copies);
  const text = button.dataset.text ?? source?.value ?? source?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text.trim());
    say(button.dataset.done || document.body.dataset.copied, "success");
  } catch {
    const range = document.createRange();
    if (source) {
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  }
}

async function share(button) {
  const { title, text, url } = button.dataset;
  if (navigator.share) await navigator.share({ title, text, url }).catch(() => {});
  else await copy(button);
}

function step(button) {
  const input = button.closest(".quantity").querySelector("input");
  const before = input.value;
  if (button.dataset.step === "up") input.stepUp();
  else input.stepDown();
  if (input.value !== before) input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-switch], [data-dismiss], [data-opens], [data-closes], [data-copies], [data-shares], [data-step]");
  if (!target) {
    if (event.target instanceof HTMLDialogElement) event.target.close();
    return;
  }
  const { dataset } = target;
  if (dataset.themeSwitch !== undefined) switchTheme();
  else if (dataset.dismiss !== undefined) dismiss(target.closest(".toast"));
  else if (dataset.opens !== undefined) document.getElementById(dataset.opens)?.showModal();
  else if (dataset.closes !== undefined) target.closest("dialog")?.close();
  else if (dataset.shares !== undefined) share(target);
  else if (dataset.copies !== undefined) copy(target);
  else step(target);
});

// Menus close when one clicks beside them, leaves them by keyboard, or presses Escape.
document.addEventListener("pointerdown", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("focusin", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A select or a choice that acts as soon as it is changed.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submits]")) event.target.form?.requestSubmit();
});

document.addEventListener("animationend", (event) => {
  if (event.animationName === "flash") event.target.classList.remove("flash");
});

// One answer for every piece that could not be fetched.
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, () => say(document.body.dataset.failed, "error"));
}

// Other modules speak through an event: importing this file under its plain name would run it twice.
document.addEventListener("say", ({ detail }) => say(detail.text, detail.tone));

for (const toast of document.querySelectorAll(".toast")) expire(toast);
