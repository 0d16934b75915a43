"""Laws of the camera: one scale, up is up, no mirroring, all bodies in view."""

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
def test_both_screen_axes_have_one_scale(azimuth):
    camera = Camera(azimuth, 0.3, pixels_per_m=100.0)
    pixels, nearness = project(camera.axes(), camera, ORIGIN)
    np.testing.assert_allclose(pixels, [[100, 0], [0, -100], [0, 0]], atol=1e-9)
    np.testing.assert_allclose(nearness, [0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_a_length_has_the_same_number_of_pixels_near_and_far(azimuth):
    camera = Camera(azimuth, 0.3, pixels_per_m=80.0)
    stick = np.array([[0.0, 0.1, 0.0], [0.4, -0.2, 1.0]])
    near, far = (project(stick + 5 * away * camera.axes()[2], camera, ORIGIN)[0] for away in (1, 0))
    np.testing.assert_allclose(near[1] - near[0], far[1] - far[0])


@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_up_is_up_and_right_is_right(azimuth):
    camera = Camera(azimuth, 0.25, pixels_per_m=100.0)
    viewer = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    # Right is the viewing direction crossed with up.
    right = np.cross(-viewer, [0.0, 0.0, 1.0])
    (head, foot, on_right, near), nearness = project(
        np.array([[0.0, 0.0, 2.0], ORIGIN, right, viewer]), camera, ORIGIN
    )
    assert head[1] < foot[1]
    assert on_right[0] > foot[0]
    assert near[1] > foot[1], "the floor near the viewer is lower in the picture"
    assert nearness[3] > nearness[1]


def test_from_the_front_the_dancers_left_is_on_the_viewers_right(dancer, skeleton):
    azimuth = facing_azimuth(dancer, skeleton.side)
    pixels, _ = project(dancer, Camera(azimuth, 0.2), ORIGIN)
    side = np.array(skeleton.side)
    assert pixels[:, side == "left", 0].mean() > pixels[:, side == "right", 0].mean()


@pytest.mark.parametrize("turn", AZIMUTHS)
def test_the_facing_direction_turns_with_the_dancer(dancer, skeleton, turn):
    cos, sin = np.cos(turn), np.sin(turn)
    turned = dancer @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1.0]])
    azimuth = facing_azimuth(turned, skeleton.side)
    assert np.exp(1j * azimuth) == pytest.approx(np.exp(1j * turn), abs=1e-6)


def test_a_body_without_sides_has_azimuth_zero(dancer):
    assert facing_azimuth(dancer, ["middle"] * dancer.shape[1]) == 0.0
    assert facing_azimuth(np.full((2, 2, 3), np.nan), ["left", "right"]) == 0.0


def test_all_bodies_are_in_view_at_one_scale(dancer):
    panels = [dancer.reshape(-1, 3), dancer.reshape(-1, 3) * [2, 2, 1] + [40.0, -7.0, 0.0]]
    targets, bounds = fit(panels, 0.4, 0.25)
    for points, target in zip(panels, targets, strict=True):
        pixels, _ = project(points, Camera(0.4, 0.25), target)
        assert (pixels >= bounds[0] - 1e-9).all()
        assert (pixels <= bounds[1] + 1e-9).all()
    np.testing.assert_allclose(targets[:, 2], 0.0, atol=1e-12)


def test_lost_and_exploded_markers_do_not_move_the_camera(dancer):
    broken = dancer.copy()
    broken[3, 5], broken[4, 6], broken[5] = np.nan, 1e9, 1e9
    kept = steady_points(broken)
    assert np.isfinite(kept).all()
    assert np.abs(kept).max() <= np.abs(dancer).max()


def test_no_points_have_a_view():
    targets, bounds = fit([np.zeros((0, 3))], 0.0, 0.2)
    assert np.isfinite(targets).all()
    assert (bounds[1] > bounds[0]).all()
