(() => {
  const say = document.getElementById("status");
  const copy = async (text) => {
    // Browsers provide the clipboard API only over HTTPS and on localhost.
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "hidden";
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (!copied) throw new Error("not copied");
  };
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      let result = "Copied";
      try {
        await copy(button.dataset.copy);
      } catch {
        result = "Failed";
      }
      button.focus();
      button.textContent = result;
      say.textContent = result;
      setTimeout(() => {
        button.textContent = "Copy";
        say.textContent = "";
      }, 2000);
    });
  }
})();
