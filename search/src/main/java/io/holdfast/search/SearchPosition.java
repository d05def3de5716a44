package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.snapshot.Source;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

/**
 * Where in all names an answer goes on.
 *
 * @param path the first one that may follow; empty for all of the source
 */
public record SearchPosition(Source source, Bytes path) {
    /** The order of answers: by host, then by paths of the source. */
    static final Comparator<Source> SOURCES =
            Comparator.comparing(Source::host).thenComparing(Source::paths, SearchPosition::comparePaths);

    private static final Bytes NOTHING = Bytes.wrap(new byte[0]);

    static SearchPosition start(Source source) {
        return new SearchPosition(source, NOTHING);
    }

    private static int comparePaths(List<Bytes> a, List<Bytes> b) {
        Iterator<Bytes> others = b.iterator();
        for (Bytes path : a) {
            int order = others.hasNext() ? path.compareTo(others.next()) : 1;
            if (order != 0) {
                return order;
            }
        }
        return others.hasNext() ? -1 : 0;
    }

    /** As text that goes into addresses. */
    public String text() {
        CborWriter out = new CborWriter();
        out.array(3).text(source.host()).array(source.paths().size());
        source.paths().forEach(each -> out.bytes(each.unsafeArray()));
        out.bytes(path.unsafeArray());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(out.toByteArray());
    }

    /** @throws HoldfastException {@code USAGE} where no {@link #text} says this */
    public static SearchPosition parse(String text) {
        try {
            CborReader in = new CborReader(Base64.getUrlDecoder().decode(text), "position");
            in.array(3);
            String host = in.text();
            List<Bytes> paths = new ArrayList<>();
            for (int left = in.array(); left > 0; left--) {
                paths.add(Bytes.wrap(in.bytes()));
            }
            Bytes path = Bytes.wrap(in.bytes());
            in.finish();
            return new SearchPosition(new Source(host, List.copyOf(paths)), path);
        } catch (IllegalArgumentException | HoldfastException e) {
            throw HoldfastException.usage(
                    "'" + text + "' is not where an answer ended", "Take what the page before named.");
        }
    }
}
