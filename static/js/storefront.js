// The cart's drawer, and small help at the till. Every form here also works without script.

const drawer = document.getElementById("cart-drawer");
const body = document.getElementById("drawer");

function openDrawer() {
  if (!drawer.open) drawer.showModal();
}

// What is laid into the cart shows itself in the drawer.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-drawer]");
  if (!form || !drawer?.showModal) return;
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form, event.submitter));
  const button = event.submitter;
  button?.setAttribute("aria-disabled", "true");
  await htmx.ajax("POST", form.action, { target: "#drawer", swap: "innerHTML", values });
  button?.removeAttribute("aria-disabled");
  openDrawer();
});

// The bag in the head of the page opens the drawer; on the cart's own pages it stays a link.
document.addEventListener("click", async (event) => {
  const link = event.target.closest('.site-tools a[href="/cart/"]');
  if (!link || !drawer?.showModal || event.metaKey || event.ctrlKey || /^\/(cart|checkout)\//.test(location.pathname)) return;
  event.preventDefault();
  await htmx.ajax("GET", drawer.dataset.source, { target: "#drawer", swap: "innerHTML" });
  openDrawer();
});

// Forms that must be sent once: the second press of an impatient finger goes nowhere. The server holds it too.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

document.addEventListener("click", (event) => {
  const taken = event.target.closest("[data-takes]");
  if (taken) {
    const input = document.querySelector('input[name="email"]');
    input.value = taken.dataset.takes;
    taken.closest("[aria-live]").replaceChildren();
    input.focus();
  }
  const card = event.target.closest("[data-card]");
  if (card) {
    const form = card.closest("form");
    form.elements.number.value = card.dataset.card;
    form.elements.expiry.value ||= "12 / 34";
    form.elements.cvc.value ||= "123";
    for (const other of form.querySelectorAll("[data-card]")) other.setAttribute("aria-pressed", String(other === card));
  }
});

// On a wide page the summary is open from the start.
const wide = matchMedia("(min-width: 58rem)");
function unfold() {
  for (const fold of document.querySelectorAll("details[data-open-wide]")) fold.open = wide.matches;
}
wide.addEventListener("change", unfold);
unfold();

for (const alert of document.querySelectorAll(".checkout-form > .alert[autofocus]")) alert.focus();
