"""Laws of the camera: one scale, up is up, nothing is mirrored, everybody is in view."""

import numpy as np
import pytest

from mariel_gnn.viz.camera import Camera, facing_azimuth, fit, project, steady_points

AZIMUTHS = np.linspace(-np.pi, np.pi, 9)
ORIGIN = np.zeros(3)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
@pytest.mark.parametrize("elevation", [0.0, 0.3, 1.2])
def test_the_view_is_a_right_handed_rotation(azimuth, elevation):
    axes = Camera(azimuth, elevation).axes()
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_a_metre_is_as_many_pixels_along_every_axis_of_the_screen(azimuth):
    camera = Camera(azimuth, 0.3, pixels_per_m=100.0)
    pixels, nearness = project(camera.axes(), camera, ORIGIN)
    np.testing.assert_allclose(pixels, [[100, 0], [0, -100], [0, 0]], atol=1e-9)
    np.testing.assert_allclose(nearness, [0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_a_length_is_the_same_near_and_far(azimuth):
    camera = Camera(azimuth, 0.3, pixels_per_m=80.0)
    stick = np.array([[0.0, 0.1, 0.0], [0.4, -0.2, 1.0]])
    near, far = (project(stick + 5 * away * camera.axes()[2], camera, ORIGIN)[0] for away in (1, 0))
    np.testing.assert_allclose(near[1] - near[0], far[1] - far[0])


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_up_is_up_and_the_viewers_right_is_right(azimuth):
    camera = Camera(azimuth, 0.25, pixels_per_m=100.0)
    viewer = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    # Looking from the viewer to the origin, right is the look crossed with up.
    right = np.cross(-viewer, [0.0, 0.0, 1.0])
    (head, foot, on_right, near), nearness = project(
        np.array([[0.0, 0.0, 2.0], ORIGIN, right, viewer]), camera, ORIGIN
    )
    assert head[1] < foot[1]
    assert on_right[0] > foot[0]
    assert near[1] > foot[1], "the floor near the viewer is lower in the picture"
    assert nearness[3] > nearness[1]


def test_a_dancer_seen_from_the_front_has_the_left_side_on_the_viewers_right(dancer, skeleton):
    azimuth = facing_azimuth(dancer, skeleton.side)
    pixels, _ = project(dancer, Camera(azimuth, 0.2), ORIGIN)
    side = np.array(skeleton.side)
    assert pixels[:, side == "left", 0].mean() > pixels[:, side == "right", 0].mean()


@pytest.mark.parametrize("turn", AZIMUTHS)
def test_the_facing_turns_with_the_dancer(dancer, skeleton, turn):
    cos, sin = np.cos(turn), np.sin(turn)
    turned = dancer @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1.0]])
    azimuth = facing_azimuth(turned, skeleton.side)
    assert np.exp(1j * azimuth) == pytest.approx(np.exp(1j * turn), abs=1e-6)


def test_a_body_without_sides_faces_somewhere(dancer):
    assert facing_azimuth(dancer, ["middle"] * dancer.shape[1]) == 0.0
    assert facing_azimuth(np.full((2, 2, 3), np.nan), ["left", "right"]) == 0.0


def test_everybody_is_in_view_at_one_scale_wherever_they_dance(dancer):
    panels = [dancer.reshape(-1, 3), dancer.reshape(-1, 3) * [2, 2, 1] + [40.0, -7.0, 0.0]]
    look_at, room = fit(panels, 0.4, 0.25)
    for points, at in zip(panels, look_at, strict=True):
        pixels, _ = project(points, Camera(0.4, 0.25), at)
        assert (pixels >= room[0] - 1e-9).all()
        assert (pixels <= room[1] + 1e-9).all()
    np.testing.assert_allclose(look_at[:, 2], 0.0, atol=1e-12)


def test_lost_and_exploded_markers_do_not_move_the_camera(dancer):
    broken = dancer.copy()
    broken[3, 5], broken[4, 6], broken[5] = np.nan, 1e9, 1e9
    kept = steady_points(broken)
    assert np.isfinite(kept).all()
    assert np.abs(kept).max() <= np.abs(dancer).max()


def test_no_points_at_all_still_make_a_view():
    look_at, room = fit([np.zeros((0, 3))], 0.0, 0.2)
    assert np.isfinite(look_at).all()
    assert (room[1] > room[0]).all()
