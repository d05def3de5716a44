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

    localize(document);
    document.addEventListener("htmx:afterSwap", (event) => localize(event.target));
    const live = document.querySelector("[data-live]");
    if (live) {
        follow(live);
    }
})();
