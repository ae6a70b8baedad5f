// What is typed into a form is tried while it is typed: the answer's part of that id takes the place of the page's.
for (const form of document.querySelectorAll("form[data-tried]")) {
  let waiting, asked;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      const body = new URLSearchParams(new FormData(form));
      body.set("do", "try_part");
      try {
        const answer = await fetch(form.action, { method: "POST", body, signal: asked.signal, headers: { Accept: "text/html" } });
        if (answer.status >= 500 || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const [now, then] = [page, document].map((one) => one.getElementById(form.dataset.tried));
        if (now && form.checkValidity()) then.replaceChildren(...now.childNodes);
      } catch {
        // The next stroke asks anew.
      }
    }, 500);
  });
}
