package io.holdfast.console;

import io.holdfast.control.RepositoryDesk;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.api.SearchApi.NamePage;
import io.holdfast.protocol.api.SnapshotApi.Detail;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/** A server on which nobody has any repository open. */
final class NoRepositories implements RepositoryDesk {
    @Override
    public Map<String, Detail> details(String repositoryId, Collection<String> snapshots) {
        return Map.of();
    }

    @Override
    public ReadAnswer begin(String owner, String repositoryId, String snapshot) {
        throw new HoldfastException(ErrorCode.NO_REPOSITORY, "none is open");
    }

    @Override
    public void serve(String owner, String read, byte[] ids, boolean withContent, Supplier<OutputStream> target) {
        throw new HoldfastException(ErrorCode.NO_REPOSITORY, "none is open");
    }

    @Override
    public void end(String owner, String read) {}

    @Override
    public NamePage names(NameWish wish) {
        return new NamePage(List.of(), Optional.empty(), false);
    }

    @Override
    public OpenSnapshot browse(String repositoryId, String snapshot) {
        throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "none is open");
    }

    @Override
    public OptionalLong storedBytes(String repositoryId) {
        return OptionalLong.empty();
    }

    @Override
    public Opening draw(String url) {
        throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "nobody makes any");
    }

    @Override
    public Opening look(String url, String key) {
        throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "nobody looks at any");
    }

    @Override
    public Optional<Room> room(String url) {
        return Optional.empty();
    }

    @Override
    public boolean isOpen(String repositoryId) {
        return false;
    }

    @Override
    public void open(String url, Opening opening) {}

    @Override
    public Map<String, Boolean> complete(String repositoryId) {
        throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "none is open");
    }

    @Override
    public Forgotten forget(String repositoryId, Set<String> snapshots) {
        throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "none is open");
    }

    @Override
    public void close(String repositoryId) {}

    @Override
    public void requireStoring(String repositoryId, boolean locks, Optional<String> dataClass) {}
}
