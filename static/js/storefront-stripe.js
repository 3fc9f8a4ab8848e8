// Stripe's Payment Element: the card never touches this site. The server confirms; the bank's question is shown by Stripe.

const form = document.getElementById("stripe-form");
const problem = document.getElementById("stripe-error");

function say(text) {
  problem.hidden = !text;
  problem.querySelector("p").textContent = text;
  if (text) problem.scrollIntoView({ block: "center" });
}

const stripe = window.Stripe(form.dataset.key, { locale: form.dataset.language });

async function authenticate() {
  const { error } = await stripe.handleNextAction({ clientSecret: form.dataset.secret });
  if (error) say(error.message);
  location.assign(form.dataset.return);
}

function collect() {
  const elements = stripe.elements({ mode: "payment", amount: Number(form.dataset.amount), currency: form.dataset.currency });
  elements.create("payment").mount("#payment-element");
  const button = form.querySelector("button:not([type=button])");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    button.disabled = true;
    const checked = await elements.submit();
    const { confirmationToken, error } = checked.error ? checked : await stripe.createConfirmationToken({ elements });
    if (error) {
      say(error.message);
      button.disabled = false;
      return;
    }
    form.elements.confirmation_token.value = confirmationToken.id;
    HTMLFormElement.prototype.submit.call(form);
  });
}

if (form.dataset.secret) authenticate();
else collect();
