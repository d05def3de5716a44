package io.holdfast.simulation.protocol;

/** Hands out bit fields of a packed state, word by word; a field never straddles two words. */
final class Layout {
    private int word;
    private int shift;

    Field field(int bits) {
        if (shift + bits > Long.SIZE) {
            nextWord();
        }
        Field field = new Field(word, shift, (1 << bits) - 1);
        shift += bits;
        return field;
    }

    Field[] fields(int count, int bits) {
        Field[] fields = new Field[count];
        for (int i = 0; i < count; i++) {
            fields[i] = field(bits);
        }
        return fields;
    }

    /** Starts a new word and returns its number. */
    int nextWord() {
        shift = 0;
        return ++word;
    }

    int words() {
        return word + 1;
    }
}
