// What pages do by themselves. All of it is an addition: without scripts, they are loaded again by hand.
"use strict";

(() => {
    /** Clocks show the time of whoever looks; the server says it in UTC. */
    function localize(root) {
        for (const time of root.querySelectorAll("time[datetime]")) {
            const at = new Date(time.dateTime);
            time.title = at.toLocaleString();
            if ("clock" in time.dataset) {
                time.textContent = at.toLocaleTimeString([], {hour12: false});
            }
        }
    }

    /** A job that goes on: the server sends parts of the page, made by the templates that made the page. */
    function follow(state) {
        const events = document.getElementById("job-events");
        const source = new EventSource(state.dataset.live);
        source.addEventListener("job", (message) => {
            state.innerHTML = message.data;
            localize(state);
        });
        source.addEventListener("event", (message) => {
            events.insertAdjacentHTML("beforeend", message.data);
            localize(events.lastElementChild);
        });
        source.addEventListener("end", () => {
            source.close();
            for (const part of document.querySelectorAll("[data-while]")) {
                part.hidden = part.dataset.while !== "over";
            }
        });
    }

    /** Files of a snapshot that are chosen stay so while somebody goes through its directories, until this tab is closed. */
    function choose(form) {
        const key = "chosen:" + form.dataset.choice;
        const chosen = new Set(JSON.parse(sessionStorage.getItem(key) || "[]"));
        const boxes = [...form.querySelectorAll("input[type=checkbox][name=path]")];
        const count = form.querySelector("[data-chosen-count]");
        const none = form.querySelector("[data-choose-none]");
        function show() {
            for (const box of boxes) {
                box.checked = chosen.has(box.value);
            }
            if (count) {
                count.textContent = chosen.size + " chosen";
                none.hidden = chosen.size === 0;
            }
            sessionStorage.setItem(key, JSON.stringify([...chosen]));
        }
        form.addEventListener("change", (event) => {
            if (boxes.includes(event.target)) {
                chosen[event.target.checked ? "add" : "delete"](event.target.value);
                show();
            }
        });
        none?.addEventListener("click", () => {
            chosen.clear();
            show();
        });
        form.addEventListener("formdata", (event) => {
            event.formData.delete("path");
            for (const path of chosen) {
                event.formData.append("path", path);
            }
        });
        window.addEventListener("pageshow", show);
        show();
    }

    const choice = document.querySelector("form[data-choice]");
    if (choice) {
        choose(choice);
    }
    localize(document);
    document.addEventListener("htmx:afterSwap", (event) => localize(event.target));
    const live = document.querySelector("[data-live]");
    if (live) {
        follow(live);
    }
})();
