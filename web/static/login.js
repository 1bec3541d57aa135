// The log-in page: show the password, log in as the demo's own staff.

for (const button of document.querySelectorAll("[data-show]")) {
  const field = document.getElementById(button.dataset.show);
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    button.textContent = show ? button.dataset.shown : words;
  });
}

for (const button of document.querySelectorAll("[data-fill]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.getElementById("who").value = button.dataset.login;
    document.getElementById("password").value = button.dataset.password;
    document.getElementById("login").requestSubmit();
  });
}
