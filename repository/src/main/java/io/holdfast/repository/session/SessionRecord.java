package io.holdfast.repository.session;

import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.tree.Timestamp;

/**
 * Who is writing.
 *
 * @param host name of the machine
 * @param processId on that machine
 * @param bootId tells whether that machine was restarted since; empty where unknown
 * @param processStart when the process started, in the host's own terms; process ids are used again
 * @param started by the host's clock, for people
 * @param purpose for people, such as {@code backup /home}
 */
public record SessionRecord(
        SnapshotId id,
        String host,
        long processId,
        String bootId,
        String processStart,
        Timestamp started,
        String user,
        String purpose) {

    byte[] encode() {
        CborWriter out = new CborWriter();
        out.map(7)
                .unsigned(0)
                .text(host)
                .unsigned(1)
                .unsigned(processId)
                .unsigned(2)
                .text(bootId);
        out.unsigned(3).text(processStart);
        out.unsigned(4).array(2).integer(started.seconds()).unsigned(started.nanos());
        out.unsigned(5).text(user).unsigned(6).text(purpose);
        return out.toByteArray();
    }

    static SessionRecord decode(SnapshotId id, byte[] body) {
        CborReader in = new CborReader(body, id.sessionName().value());
        if (in.map() != 7) {
            throw in.damaged("another number of fields");
        }
        in.field(0);
        String host = in.text();
        in.field(1);
        long processId = in.unsigned();
        in.field(2);
        String bootId = in.text();
        in.field(3);
        String processStart = in.text();
        in.field(4);
        in.array(2);
        Timestamp started = new Timestamp(in.integer(), in.unsigned(999_999_999));
        in.field(5);
        String user = in.text();
        in.field(6);
        String purpose = in.text();
        in.finish();
        return new SessionRecord(id, host, processId, bootId, processStart, started, user, purpose);
    }
}
