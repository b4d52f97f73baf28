# torch.distributed: one process, in which no group was made.


def is_available():
    return True


def is_initialized():
    return False


is_torchelastic_launched = is_nccl_available = is_mpi_available = is_initialized


def init_process_group(*args, **kwargs):
    raise NotImplementedError("torch.distributed: a program here is one process; run it with a world size of 1 and no group")


def get_rank(group=None):
    raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")


def _without_group(*args, **kwargs):
    return get_rank()


get_world_size = get_backend = barrier = all_reduce = all_gather = broadcast = reduce = scatter = gather = _without_group
all_gather_into_tensor = reduce_scatter = all_to_all = all_to_all_single = send = recv = new_group = _without_group


def destroy_process_group(group=None):
    return None


class ReduceOp:
    SUM, AVG, PRODUCT, MIN, MAX = range(5)


class ProcessGroup:
    pass
