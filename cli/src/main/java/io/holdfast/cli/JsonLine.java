package io.holdfast.cli;

import java.io.StringWriter;
import java.util.Collection;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** One JSON object on one line, its first field the type. */
final class JsonLine {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final StringWriter text = new StringWriter();
    private final JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text);

    private JsonLine() {}

    static JsonLine of(String type) {
        JsonLine line = new JsonLine();
        line.json.writeStartObject();
        line.json.writeStringProperty("type", type);
        return line;
    }

    JsonLine with(String name, String value) {
        json.writeStringProperty(name, value);
        return this;
    }

    JsonLine with(String name, long value) {
        json.writeNumberProperty(name, value);
        return this;
    }

    /** Three decimals: times and ratios. */
    JsonLine with(String name, double value) {
        json.writeName(name);
        // Not by BigDecimal: setting that class up takes longer than many a command.
        long thousandths = Math.round(Math.abs(value) * 1000);
        String sign = value < 0 && thousandths > 0 ? "-" : "";
        String decimals = Long.toString(1000 + thousandths % 1000).substring(1);
        json.writeRawValue(sign + thousandths / 1000 + "." + decimals);
        return this;
    }

    JsonLine with(String name, boolean value) {
        json.writeBooleanProperty(name, value);
        return this;
    }

    JsonLine with(String name, Collection<String> values) {
        json.writeArrayPropertyStart(name);
        values.forEach(json::writeString);
        json.writeEndArray();
        return this;
    }

    JsonLine with(String name, Map<String, String> values) {
        json.writeObjectPropertyStart(name);
        values.forEach(json::writeStringProperty);
        json.writeEndObject();
        return this;
    }

    String end() {
        json.writeEndObject();
        json.close();
        return text.toString();
    }
}
