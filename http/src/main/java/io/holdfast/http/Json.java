package io.holdfast.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.holdfast.core.HoldfastException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.cfg.MutableConfigOverride;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;

/**
 * Records to JSON and back. What is empty is left out; what is not known is an error, so that a wrong name does not look like one that was heard. Thread-safe.
 */
public final class Json {
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            // Names that are no UTF-8 have lone surrogates in them (RawText), which UTF-8 cannot hold and escapes can.
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .annotationIntrospector(new Required())
            .withConfigOverride(List.class, Json::emptyWhereMissing)
            .withConfigOverride(Set.class, Json::emptyWhereMissing)
            .withConfigOverride(Map.class, Json::emptyWhereMissing)
            .changeDefaultPropertyInclusion(old -> old.withValueInclusion(JsonInclude.Include.NON_ABSENT))
            .build();
    private static final JsonMapper LENIENT = STRICT.rebuild()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Json() {}

    private static void emptyWhereMissing(MutableConfigOverride type) {
        type.setNullHandling(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY));
    }

    /** What is neither optional nor a collection must be there. */
    private static final class Required extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
            Class<?> type = member.getRawType();
            return !(type == Optional.class
                    || type == OptionalLong.class
                    || Collection.class.isAssignableFrom(type)
                    || Map.class.isAssignableFrom(type));
        }
    }

    public static byte[] bytes(Object value) {
        return STRICT.writeValueAsBytes(value);
    }

    public static String text(Object value) {
        return STRICT.writeValueAsString(value);
    }

    public static void write(Object value, OutputStream target) {
        STRICT.writeValue(target, value);
    }

    /**
     * Reads what somebody asks for.
     *
     * @throws HoldfastException {@code USAGE} where it is no JSON, or not what is expected
     */
    public static <T> T read(InputStream in, Class<T> type) {
        return read(STRICT, in, type);
    }

    /** The same for an answer, which a newer server may give more in. */
    public static <T> T readAnswer(InputStream in, Class<T> type) {
        return read(LENIENT, in, type);
    }

    /** What was written by {@link #text}. */
    public static <T> T parse(String text, Class<T> type) {
        try {
            return LENIENT.readValue(text, type);
        } catch (JacksonException e) {
            throw wrong(e);
        }
    }

    /** The same for any object, as maps and lists. */
    public static Map<String, Object> parseObject(String text) {
        try {
            return LENIENT.readValue(text, new TypeReference<Map<String, Object>>() {});
        } catch (JacksonException e) {
            throw wrong(e);
        }
    }

    /** The same for texts under keys. */
    public static Map<String, String> parseTexts(String text) {
        try {
            return LENIENT.readValue(text, new TypeReference<Map<String, String>>() {});
        } catch (JacksonException e) {
            throw wrong(e);
        }
    }

    private static <T> T read(JsonMapper mapper, InputStream in, Class<T> type) {
        T read;
        try {
            read = mapper.readValue(in, type);
        } catch (JacksonException e) {
            throw wrong(e);
        }
        if (read == null) {
            throw HoldfastException.usage("the JSON is null", "Send an object.");
        }
        return read;
    }

    private static HoldfastException wrong(JacksonException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof HoldfastException known) {
                return known;
            }
            if (cause instanceof HttpProblem problem) {
                throw problem;
            }
        }
        String message = String.valueOf(e.getOriginalMessage());
        int end = message.indexOf('\n');
        TokenStreamLocation location = e.getLocation();
        String place = location == null || location.getLineNr() < 1
                ? ""
                : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
        return HoldfastException.usage(
                "the JSON is wrong" + place + ": " + (end < 0 ? message : message.substring(0, end)),
                "/api/v1/openapi.json describes what is expected.");
    }
}
